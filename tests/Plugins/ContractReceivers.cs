using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Plugins.TestKit;

namespace CartRecovery.Tests.Plugins;

/// <summary>A mail server whose answers depend on the recipient.</summary>
sealed class MailReceiver(MailServer server) : SinkReceiver
{
    readonly int _port = server.Port;
    readonly List<MailServer> _servers = [server];
    ReceiverBehaviour _behaviour;

    public override IReadOnlyDictionary<string, OptionValue> Settings { get; } = new Dictionary<string, OptionValue>(StringComparer.Ordinal)
    {
        ["host"] = "127.0.0.1",
        ["port"] = server.Port.ToString(),
        ["tls"] = "starttls",
        ["ca"] = server.Authority,
        ["user"] = "shop",
        ["password"] = "pa ss+wörd",
        ["from"] = "shop@example.org",
    };

    public override IReadOnlyList<ReceiverBehaviour> Behaviours => [.. Enum.GetValues<ReceiverBehaviour>().Except([ReceiverBehaviour.Throttle])];

    public override int Opened => _servers.Sum(one => one.Sessions);

    public override IReadOnlyList<string> Received => [.. _servers.SelectMany(one => one.Mails).Select(mail => mail.Text)];

    public override async ValueTask SetAsync(ReceiverBehaviour behaviour)
    {
        if (behaviour == ReceiverBehaviour.RefuseConnections)
        {
            _servers[^1].Kill();
        }
        else if (_behaviour == ReceiverBehaviour.RefuseConnections)
        {
            _servers.Add(await MailServer.StartAsync("starttls", auth: true, _port, server));
        }

        _behaviour = behaviour;
    }

    public override Intervention Prepare(Intervention intervention) => intervention with
    {
        Recipient = new Recipient(Email: _behaviour switch
        {
            ReceiverBehaviour.Hang => "slow@example.com",
            ReceiverBehaviour.FailTemporarily => "full@example.com",
            ReceiverBehaviour.RejectPermanently => "nobody@example.com",
            _ => "ann@example.com",
        }),
    };

    public override async ValueTask DisposeAsync()
    {
        foreach (var one in _servers)
        {
            await one.DisposeAsync();
        }

        await base.DisposeAsync();
    }
}

/// <summary>A program that answers as a file beside it specifies.</summary>
sealed class ProgramReceiver : SinkReceiver
{
    const string Program = """
        import json, sys
        folder = sys.argv[1]
        with open(folder + "/starts", "a") as starts:
            starts.write(".")
        for line in sys.stdin:
            mode = open(folder + "/mode").read()
            if mode == "RefuseConnections":
                sys.exit(1)
            if mode == "Hang":
                continue
            answer = {"id": json.loads(line)["intervention"]["id"], "outcome": "retry", "reason": "not now"}
            if mode == "Throttle":
                answer["after"] = 7
            if mode == "RejectPermanently":
                answer["outcome"] = "rejected"
            if mode == "Accept":
                answer["outcome"] = "delivered"
                with open(folder + "/received", "a") as received:
                    received.write(line)
            print(json.dumps(answer), flush=True)
        """;

    readonly string _folder = Directory.CreateTempSubdirectory("cartrecovery-program-").FullName;

    public ProgramReceiver()
    {
        File.WriteAllText(Path.Combine(_folder, "program.py"), Program);
        File.WriteAllText(Path.Combine(_folder, "mode"), nameof(ReceiverBehaviour.Accept));
        Settings = new Dictionary<string, OptionValue>(StringComparer.Ordinal)
        {
            ["command"] = new OptionValue(["/usr/bin/python3", Path.Combine(_folder, "program.py"), _folder]),
        };
    }

    public override IReadOnlyDictionary<string, OptionValue> Settings { get; }

    public override IReadOnlyList<ReceiverBehaviour> Behaviours => Enum.GetValues<ReceiverBehaviour>();

    public override int Opened => File.Exists(Path.Combine(_folder, "starts")) ? (int)new FileInfo(Path.Combine(_folder, "starts")).Length : 0;

    public override IReadOnlyList<string> Received =>
        File.Exists(Path.Combine(_folder, "received")) ? File.ReadAllLines(Path.Combine(_folder, "received")) : [];

    public override ValueTask SetAsync(ReceiverBehaviour behaviour)
    {
        File.WriteAllText(Path.Combine(_folder, "mode"), behaviour.ToString());
        return default;
    }

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return base.DisposeAsync();
    }
}

/// <summary>A folder for the file sink.</summary>
sealed class FolderReceiver : SinkReceiver
{
    readonly string _folder = Directory.CreateTempSubdirectory("cartrecovery-folder-").FullName;

    public override IReadOnlyDictionary<string, OptionValue> Settings => new Dictionary<string, OptionValue>(StringComparer.Ordinal) { ["path"] = Target };

    public override int Opened => File.Exists(Target) ? 1 : 0;

    public override IReadOnlyList<string> Received => File.ReadAllLines(Target);

    string Target => Path.Combine(_folder, "new", "interventions.jsonl");

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return base.DisposeAsync();
    }
}

/// <summary>An in-memory stream for the console sink.</summary>
sealed class StreamReceiver(MemoryStream stream) : SinkReceiver
{
    public override IReadOnlyDictionary<string, OptionValue> Settings { get; } = new Dictionary<string, OptionValue>(StringComparer.Ordinal);

    public override int Opened => 0;

    public override IReadOnlyList<string> Received => Encoding.UTF8.GetString(stream.ToArray()).Split('\n');
}
