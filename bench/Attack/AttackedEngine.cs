using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Attack;

/// <summary>An engine as an attacker reaches it, with the keys of <see cref="AttackPlan"/>.</summary>
sealed class AttackedEngine(EngineProcess engine) : IDisposable
{
    readonly HttpClient _http = new() { BaseAddress = new Uri($"http://127.0.0.1:{engine.HttpPort}"), Timeout = TimeSpan.FromSeconds(30) };
    int _number;

    /// <summary>The process.</summary>
    public EngineProcess Process => engine;

    /// <summary>Sends events.</summary>
    /// <param name="key">The key.</param>
    /// <param name="events">JSON: an event, or an array of events.</param>
    public Task<(HttpStatusCode Status, string Body)> PostAsync(string key, string events) => SendAsync(HttpMethod.Post, "/v1/events", key, events);

    /// <summary>Returns a resource as JSON; null if there is none.</summary>
    public async Task<JsonElement?> GetAsync(string path, string key)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, path, key);
        return status == HttpStatusCode.OK ? JsonDocument.Parse(body).RootElement : null;
    }

    /// <summary>Sends a request.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="path">Its path and query.</param>
    /// <param name="key">Its key.</param>
    /// <param name="body">JSON; null for none.</param>
    /// <param name="headers">Additional headers.</param>
    public async Task<(HttpStatusCode Status, string Body)> SendAsync(
        HttpMethod method, string path, string key, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-Api-Key", key);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Returns an event of its own id.</summary>
    /// <param name="cart">The cart.</param>
    /// <param name="session">The session.</param>
    /// <param name="type">The type.</param>
    /// <param name="more">More members, each after a comma.</param>
    public string Event(string cart, string session, string type, string more = "") => string.Create(CultureInfo.InvariantCulture,
        $$"""{"id":"a{{Interlocked.Increment(ref _number)}}","type":"{{type}}","cartId":"{{cart}}","sessionId":"{{session}}","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}{{more}}}""");

    /// <summary>Waits until a condition holds, for at most 15 seconds.</summary>
    public static async Task WaitAsync(Func<bool> holds)
    {
        for (var i = 0; i < 150 && !holds(); i++)
        {
            await Task.Delay(100);
        }
    }

    /// <summary>Waits until a number stops changing for a second, for at most 20.</summary>
    public static async Task<long> SettleAsync(Func<long> read)
    {
        var (last, quiet) = (read(), 0);
        for (var i = 0; i < 200 && quiet < 10; i++)
        {
            await Task.Delay(100);
            var now = read();
            (last, quiet) = (now, now == last ? quiet + 1 : 0);
        }

        return last;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
