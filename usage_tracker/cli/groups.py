"""Groups of commands: help by heading, and suggestions for a mistyped name."""

from collections.abc import Mapping
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click


class Group(click.Group):
    """Commands listed in the order of their definition."""

    def summaries(self) -> Mapping[str, tuple[str, str]]:
        """Return the heading and the one-line summary of each command."""
        return {
            name: ("Commands", (command.help or "").partition("\n")[0])
            for name, command in self.commands.items()
        }

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all commands."""
        return list(self.summaries())

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command named by the first of `args`; suggest names for an unknown one."""
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"no such command {name!r}{_suggestion(name, known)}")
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by heading, then the options."""
        summaries = self.summaries()
        width = max(map(len, summaries))
        for heading in dict.fromkeys(heading for heading, _ in summaries.values()):
            with formatter.section(heading):
                formatter.write_dl(
                    [
                        (name.ljust(width), summary)
                        for name, (its_heading, summary) in summaries.items()
                        if its_heading == heading
                    ]
                )
        click.Command.format_options(self, ctx, formatter)


class LazyGroup(Group):
    """Commands in the modules of `package`, each imported to run it but not to list it."""

    def __init__(
        self, *args: Any, package: str, table: Mapping[str, tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.package = package
        self.table = table

    def summaries(self) -> Mapping[str, tuple[str, str]]:
        """Return the table: nothing is imported."""
        return self.table

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command."""
        if cmd_name not in self.table:
            return None
        module = import_module(f"{self.package}.{module_name(cmd_name)}")
        command: click.Command = module.command
        return command


def _suggestion(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    similar = " or ".join(map(repr, get_close_matches(name, known)))
    return f" (did you mean {similar}?)" if similar else ""


def module_name(command: str) -> str:
    """Return the name of a command's module, such as `import_` for `import`."""
    return f"{command}_" if iskeyword(command) else command
