using System.Net.Sockets;
using System.Text;
using CartRecovery.Host;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>The shipped unit of systemd, and what the engine tells it.</summary>
public sealed class SystemdTests
{
    static readonly string[] s_unit = File.ReadAllLines(Path.Combine(Repository.Root, "config", "systemd", "cartrecovery.service"));

    [Test]
    public async Task The_engine_is_ready_once_its_ports_are_open_and_says_that_it_stops()
    {
        using var scratch = new Scratch();
        var path = scratch.PathOf("notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        var told = ReceiveAsync(socket, 2);

        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig(), "env", $"NOTIFY_SOCKET={path}");
        await engine.StopAsync();

        Assert.That(await told.WaitAsync(EngineBinary.Deadline), Is.EqualTo(new[] { "READY=1", "STOPPING=1" }));
    }

    [Test]
    public void The_unit_does_not_restart_what_a_restart_cannot_help() =>
        Assert.That(ValuesOf("RestartPreventExitStatus"), Is.EqualTo(new[] { $"{ExitCode.BadUsage} {ExitCode.BadConfiguration}" }));

    [Test]
    public void The_unit_reloads_by_the_signal_that_reloads()
    {
        Assert.That(ValuesOf("Type"), Is.EqualTo(new[] { "notify" }));
        Assert.That(ValuesOf("ExecReload"), Is.EqualTo(new[] { "/bin/kill -HUP $MAINPID" }));
        Assert.That(ValuesOf("ExecStart").Single(), Does.Match("^/[^ ]+/cartrecovery run --config /[^ ]+$"));
    }

    static string[] ValuesOf(string key) => [.. s_unit.Where(line => line.StartsWith(key + "=", StringComparison.Ordinal)).Select(line => line[(key.Length + 1)..])];

    static async Task<string[]> ReceiveAsync(Socket socket, int count)
    {
        var messages = new List<string>();
        var buffer = new byte[4096];
        while (messages.Count < count)
        {
            messages.Add(Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer)).TrimEnd('\n'));
        }

        return [.. messages];
    }
}
