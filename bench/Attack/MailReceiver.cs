using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CartRecovery.Bench.Attack;

/// <summary>A minimal SMTP server (RFC 5321) that counts messages. One thread per connection, because a sink has few.</summary>
sealed class MailReceiver
{
    readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly string _bait;
    long _count;
    long _baited;

    /// <summary>Starts a server on a free port; it runs as long as the process.</summary>
    /// <param name="bait">A text to look for in the messages.</param>
    public MailReceiver(string bait)
    {
        _bait = bait;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        new Thread(() =>
        {
            while (true)
            {
                var connection = _listener.Accept();
                new Thread(() => Serve(connection)) { IsBackground = true }.Start();
            }
        })
        {
            IsBackground = true,
        }.Start();
    }

    /// <summary>The port it listens on.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Messages received.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Messages received with the bait.</summary>
    public long Baited => Interlocked.Read(ref _baited);

    /// <summary>Forgets what was received.</summary>
    public void Reset() => (_count, _baited) = (0, 0);

    void Serve(Socket connection)
    {
        try
        {
            using var stream = new NetworkStream(connection, ownsSocket: true);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
            writer.WriteLine("220 attacked.example");
            while (reader.ReadLine() is { } line && !line.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase))
            {
                if (line.StartsWith("DATA", StringComparison.OrdinalIgnoreCase))
                {
                    writer.WriteLine("354 go on");
                    ReceiveMessage(reader);
                }

                writer.WriteLine("250 ok");
            }
        }
        catch (IOException)
        {
            // The engine was stopped.
        }
    }

    void ReceiveMessage(StreamReader reader)
    {
        var text = new StringBuilder();
        while (reader.ReadLine() is { } line && line != ".")
        {
            text.AppendLine(line);
        }

        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _baited, text.ToString().Contains(_bait, StringComparison.Ordinal) ? 1 : 0);
    }
}
