using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CartRecovery.Bench.Idle;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Control;

/// <summary>
/// The <c>revocation</c> command: opens streams with two API keys, revokes one, and says when the last of its streams was closed. The streams of the
/// other must stay open.
/// </summary>
static class RevocationCommand
{
    const int PerAddress = 4_000, AtOnce = 256;

    const string Usage = """
        revocation --binary FILE [--connections 5000] [--port stream|http] [--by api|command]
          --by command: another process revokes it in the database, as another engine would; the time is from that process's start
        """;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>revocation</c>.</param>
    /// <returns>The exit code: 1 if a stream was open after a second.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        if (!values.TryGetValue("--binary", out var binary)
            || !int.TryParse(values.GetValueOrDefault("--connections", "5000"), CultureInfo.InvariantCulture, out var count) || count < 1)
        {
            await Console.Error.WriteLineAsync($"Usage: {Usage}");
            return 2;
        }

        var clients = new List<IdleClient>();
        try
        {
            using var engine = new EngineProcess(binary, $"  maxConnections: {(2 * count) + 64}");
            await engine.StartAsync();
            var url = values.GetValueOrDefault("--port", "stream") == "http" ? engine.Url.Replace($":{engine.StreamPort}", $":{engine.HttpPort}", StringComparison.Ordinal) : engine.Url;
            var byCommand = values.GetValueOrDefault("--by", "api") == "command";
            return await RunAsync(engine, url, count, byCommand, clients) ? 0 : 1;
        }
        catch (Exception failed) when (failed is LoadException or SocketException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    static async Task<bool> RunAsync(EngineProcess engine, string url, int count, bool byCommand, List<IdleClient> clients)
    {
        var (id, key) = await AddKeyAsync(engine, "revoked");
        var (_, kept) = await AddKeyAsync(engine, "kept");
        using var http = byCommand ? null : await Account.SignInAdminAsync(engine);
        await OpenAsync(clients, count, Target.WebSocket(url, key));
        var others = new List<IdleClient>();
        await OpenAsync(others, Math.Min(count, 1_000), Target.WebSocket(url, kept));
        var (at, cpu) = (Clock.Now(), engine.Cpu);
        if (http is null)
        {
            await engine.RunAsync($"keys revoke {id}");
        }
        else
        {
            using var answer = await http.DeleteAsync(new Uri($"/v1/api-keys/{id}", UriKind.Relative));
            answer.EnsureSuccessStatusCode();
        }

        var done = Milliseconds(Clock.Now() - at);
        while (clients.Exists(client => !client.Ended) && Clock.Now() - at < s_patience.TotalSeconds * Clock.Second)
        {
            await Task.Delay(5);
        }

        var ends = clients.Select(client => client.Ended ? Milliseconds(client.EndedAt - at) : double.PositiveInfinity).Order().ToList();
        var lost = others.Count(client => client.Ended);
        others.ForEach(client => client.Dispose());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count:N0} streams: the revocation was answered after {done:N0} ms; closed p50 {ends[ends.Count / 2]:N0} ms, last {ends[^1]:N0} ms; "
            + $"{(engine.Cpu - cpu).TotalMilliseconds:N0} ms of processor time; {lost} of {others.Count:N0} streams with another key closed"));

        // Starting a process takes longer than what is measured.
        return ends[^1] - (byCommand ? done : 0) <= 1_000 && lost == 0;
    }

    static double Milliseconds(long nanoseconds) => nanoseconds / (double)Clock.Millisecond;

    static async Task<(string Id, string Key)> AddKeyAsync(EngineProcess engine, string name)
    {
        var lines = (await engine.RunAsync($"keys add {name} --scopes events:write")).Split('\n');
        return (lines[0].Split(' ')[^1], lines[1].Split(' ')[^1]);
    }

    static async Task OpenAsync(List<IdleClient> clients, int count, Target target)
    {
        while (clients.Count < count)
        {
            var first = clients.Count;
            foreach (var client in await Task.WhenAll(Enumerable.Range(first, Math.Min(AtOnce, count - first))
                .Select(i => IdleClient.OpenAsync(new IPAddress([127, 0, 1, (byte)(1 + (i / PerAddress))]), target, first: default))))
            {
                clients.Add(client);
                _ = client.StayAsync();
            }
        }
    }
}
