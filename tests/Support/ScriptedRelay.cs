using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CartRecovery.Tests.Support;

/// <summary>An SMTP relay on a free loopback port that answers each command as scripted, or not at all.</summary>
sealed class ScriptedRelay : IAsyncDisposable
{
    /// <summary>An answer that ends the session without a word.</summary>
    public const string Hangup = "hangup";

    /// <summary>An answer that never comes.</summary>
    public const string Silence = "silence";

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentQueue<(string Recipient, string Text)> _mails = [];
    readonly ConcurrentQueue<string> _commands = [];
    int _sessions;

    public ScriptedRelay()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>
    /// Answers a command: MAIL, RCPT, DATA, the final dot as <c>.</c>, or another; <see langword="null"/> accepts it. The second argument is the
    /// recipient, or the sender before there is one. An answer that begins with 421 also ends the session.
    /// </summary>
    public Func<string, string, string?> Answer { get; set; } = (_, _) => null;

    /// <summary>Delays the answer to the final dot.</summary>
    public Func<string, CancellationToken, Task> BeforeAnswer { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Extensions offered to EHLO.</summary>
    public string[] Extensions { get; set; } = ["PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME"];

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>The messages received in full, whatever was answered.</summary>
    public IReadOnlyList<(string Recipient, string Text)> Mails => [.. _mails];

    public IReadOnlyList<string> Commands => [.. _commands];

    public int CopiesFor(string recipient) => _mails.Count(mail => mail.Recipient == recipient);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _sessions);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using var closing = client;
        try
        {
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.UTF8);
            await using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
            if (await SayAsync(writer, Answer("connect", "") ?? "220 relay.example ready"))
            {
                await TalkAsync(reader, writer);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    async Task TalkAsync(StreamReader reader, StreamWriter writer)
    {
        var about = "";
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            _commands.Enqueue(line);
            var verb = line.Split(' ')[0].ToUpperInvariant();
            if (line.IndexOf('<') is >= 0 and var start && line.IndexOf('>') is var end && end > start)
            {
                about = line[(start + 1)..end];
            }

            var answer = Answer(verb, about) ?? verb switch
            {
                "EHLO" => string.Concat(Extensions.Select(name => $"250-{name}\r\n").Prepend("250-relay.example\r\n")) + "250 HELP",
                "DATA" => "354 go on",
                "QUIT" => "221 2.0.0 bye",
                _ => "250 2.0.0 fine",
            };
            if (!await SayAsync(writer, answer) || verb == "QUIT")
            {
                return;
            }

            if (verb == "DATA" && answer.StartsWith("354", StringComparison.Ordinal))
            {
                var text = new StringBuilder();
                while (await reader.ReadLineAsync(_stop.Token) is { } data && data != ".")
                {
                    text.Append(data).Append("\r\n");
                }

                _mails.Enqueue((about, text.ToString()));
                await BeforeAnswer(about, _stop.Token);
                if (!await SayAsync(writer, Answer(".", about) ?? "250 2.0.0 queued"))
                {
                    return;
                }
            }
        }
    }

    // Returns whether the session goes on.
    async Task<bool> SayAsync(StreamWriter writer, string answer)
    {
        if (answer == Silence)
        {
            await Task.Delay(Timeout.Infinite, _stop.Token);
        }

        if (answer == Hangup)
        {
            return false;
        }

        await writer.WriteLineAsync(answer);
        return !answer.StartsWith("421", StringComparison.Ordinal);
    }
}
