using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Control;

/// <summary>
/// The <c>login</c> command: times sign-ins with a password, and requests with the access token beside the same requests without one. A sign-in counts if
/// its token is accepted.
/// </summary>
static class LoginCommand
{
    const string Usage = "login --binary FILE [--clients 2] [--seconds 10]";

    // Each account signs in at a time; more would wait for each other.
    const int MaxClients = 64;

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>login</c>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        if (!values.TryGetValue("--binary", out var binary)
            || !int.TryParse(values.GetValueOrDefault("--clients", "2"), CultureInfo.InvariantCulture, out var clients) || clients is < 1 or > MaxClients
            || !int.TryParse(values.GetValueOrDefault("--seconds", "10"), CultureInfo.InvariantCulture, out var seconds) || seconds < 1)
        {
            await Console.Error.WriteLineAsync($"Usage: {Usage}");
            return 2;
        }

        try
        {
            using var engine = new EngineProcess(binary);
            await engine.StartAsync();
            await RunAsync(engine, clients, seconds);
            return 0;
        }
        catch (Exception failed) when (failed is LoadException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }
    }

    static async Task RunAsync(EngineProcess engine, int clients, int seconds)
    {
        var accounts = new List<Account>();
        for (var i = 0; i < clients; i++)
        {
            accounts.Add(await Account.AddAsync(engine, $"bench{i}", "viewer"));
        }

        using var http = new HttpClient { BaseAddress = Account.BaseOf(engine) };
        var token = await accounts[0].SignInAsync(http);
        var (right, wrong) = (await StatusOfAsync(http, "/v1/auth/me", token), await StatusOfAsync(http, "/v1/auth/me", $"{token}x"));
        if (right != HttpStatusCode.OK || wrong != HttpStatusCode.Unauthorized)
        {
            throw new LoadException($"expected OK with the token and Unauthorized with a wrong one, got {right} and {wrong}");
        }

        await TimeAsync(engine, "sign-ins", clients, seconds, i => accounts[i].SignInAsync(http));

        // A user has few sessions: the sign-ins above ended the first one.
        token = await accounts[0].SignInAsync(http);
        await TimeAsync(engine, "GET /live", clients, seconds, _ => GetAsync(http, "/live", token: null));
        await TimeAsync(engine, "GET /live with a token", clients, seconds, _ => GetAsync(http, "/live", token));
        await TimeAsync(engine, "GET /v1/auth/me", clients, seconds, _ => GetAsync(http, "/v1/auth/me", token));
    }

    static async Task TimeAsync(EngineProcess engine, string name, int clients, int seconds, Func<int, Task> act)
    {
        await Task.WhenAll(Enumerable.Range(0, clients).Select(act));
        var (began, cpu) = (Clock.Now(), engine.Cpu);
        var times = await Task.WhenAll(Enumerable.Range(0, clients).Select(async i =>
        {
            var own = new List<double>();
            for (var at = Clock.Now(); at - began < seconds * Clock.Second; at = Clock.Now())
            {
                await act(i);
                own.Add((Clock.Now() - at) / (double)Clock.Millisecond);
            }

            return own;
        }));
        var all = times.SelectMany(own => own).Order().ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}, {clients} at a time: {all.Count / (double)seconds:N0} a second, p50 {all[all.Count / 2]:N2} ms, "
            + $"p99 {all[(int)(all.Count * 0.99)]:N2} ms, {(engine.Cpu - cpu).TotalMilliseconds / all.Count:N3} ms of processor time each"));
    }

    static async Task GetAsync(HttpClient http, string path, string? token)
    {
        if (await StatusOfAsync(http, path, token) is not HttpStatusCode.OK and var status)
        {
            throw new LoadException($"{path}: {status}");
        }
    }

    static async Task<HttpStatusCode> StatusOfAsync(HttpClient http, string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
