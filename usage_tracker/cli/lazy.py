"""A group of commands that imports a command only to run it, never to print the help."""

from collections.abc import Mapping
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click


class LazyGroup(click.Group):
    """Commands that live in the modules of `package`, listed by heading from `table`."""

    def __init__(
        self, *args: Any, package: str, table: Mapping[str, tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.package = package
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of all commands."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, imported now."""
        if cmd_name not in self.table:
            return None
        module = import_module(f"{self.package}.{module_name(cmd_name)}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with; one that is none is told with those like it."""
        name = args[0]
        if name not in self.table and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"no such command {name!r}{_alternatives(name, self.table)}")
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by heading, and then the options."""
        width = max(map(len, self.table))
        for heading in dict.fromkeys(heading for heading, _ in self.table.values()):
            with formatter.section(heading):
                formatter.write_dl(
                    [
                        (name.ljust(width), summary)
                        for name, (of, summary) in self.table.items()
                        if of == heading
                    ]
                )
        click.Command.format_options(self, ctx, formatter)


def _alternatives(name: str, table: Mapping[str, object]) -> str:
    from difflib import get_close_matches

    like = " or ".join(map(repr, get_close_matches(name, table)))
    return f" (did you mean {like}?)" if like else ""


def module_name(command: str) -> str:
    """The module of a command's name: `set-token` is in `set_token`, `import` in `import_`."""
    name = command.replace("-", "_")
    return f"{name}_" if iskeyword(name) else name
