"""An SMTP server for tests, on a free loopback port. It prints a line of JSON when it is ready and for each session and message.

Addresses say what becomes of a message: nobody@ does not exist, full@ is full, policy@ is not relayed to, spam@ is refused after its data,
die@ ends the connection in the middle, busy@ ends the session with 421, slow@ takes a long time.
"""
import argparse
import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def say(**event):
    print(json.dumps(event), flush=True)


class Handler:
    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        say(event="ehlo", tls=session.ssl is not None)
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        if address.startswith("blocked@"):
            return "550 5.7.1 we do not take mail from " + address
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "nobody":
            return f"550 5.1.1 <{address}>: no such user"
        if name == "full":
            return f"452 4.2.2 <{address}>: mailbox full"
        if name == "policy":
            return f"554 5.7.1 <{address}>: relay access denied"
        if name == "busy":
            server.transport.write(b"421 4.3.2 shutting down\r\n")
            server.transport.close()
        if name == "slow":
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "die":
            server.transport.abort()
        if name == "spam":
            return "554 5.6.0 not this"
        say(event="message", sender=envelope.mail_from, recipients=envelope.rcpt_tos, tls=session.ssl is not None,
            user=session.auth_data, session=id(session), data=base64.b64encode(envelope.original_content).decode())
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    login, password = data.login.decode(), data.password.decode()
    if (login, password) == ("shop", "pa ss+wörd"):
        return AuthResult(success=True, auth_data=login)
    return AuthResult(success=False, handled=False)


async def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tls", choices=["none", "starttls", "tls"], default="none")
    arguments.add_argument("--certificate")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--auth", action="store_true")
    options = arguments.parse_args()
    context = None
    if options.tls != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate)

    def session():
        say(event="session")
        return SMTP(Handler(), enable_SMTPUTF8=False, loop=loop,
                    tls_context=context if options.tls == "starttls" else None, require_starttls=options.tls == "starttls",
                    authenticator=authenticate, auth_required=options.auth, auth_require_tls=options.tls == "starttls")

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", options.port, ssl=context if options.tls == "tls" else None)
    say(event="ready", port=server.sockets[0].getsockname()[1])
    # It ends when the tests do.
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
