"""A gateway for a process of its own, which answers as documented, after a while if told so."""

import time

import click

from tests.gateway_server import after, json_reply, serve, user_self


@click.command()
@click.option("--delay", type=float, default=0.0)
def main(delay: float) -> None:
    """Tell the address and serve until terminated."""
    answer = json_reply(user_self())
    with serve(after(delay, answer) if delay else answer) as gateway:
        click.echo(gateway.url)
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main()
