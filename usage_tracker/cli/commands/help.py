"""`tracker help`: the help of a command."""

import click

from usage_tracker.cli import options


@click.command()
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@options.shared
@click.pass_context
def command(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command.

    \b
    Example:  tracker help accounts add
    """  # noqa: D301 (click reads the backspace)
    root = ctx.find_root()
    root.command.main([*words, "--help"], prog_name=root.info_name)
