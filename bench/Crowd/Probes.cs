using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Crowd;

/// <summary>
/// Measures what others notice of a crowd: <c>/health</c>, an event posted over HTTP, and a new stream's first event. Each is due every
/// <see cref="Interval"/>, one at a time, and its latency counts from then: what a slow answer delays counts too.
/// </summary>
sealed class Probes(EngineProcess engine) : IDisposable
{
    const long Interval = 50 * Clock.Millisecond;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    readonly HttpClient _http = new() { Timeout = s_patience };
    readonly Target _target = Target.WebSocket(engine.Url, "sk_demo");
    int _number;

    /// <summary>Runs all probes for a while.</summary>
    /// <param name="time">How long.</param>
    /// <returns>What each probe saw: <c>/health</c>, a post, a new stream.</returns>
    public async Task<IReadOnlyList<ProbeResult>> RunAsync(TimeSpan time) => await Task.WhenAll(
        RunAsync("/health", time, HealthAsync), RunAsync("a post", time, PostAsync), RunAsync("a new stream", time, () => Task.Run(Stream)));

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    static async Task<ProbeResult> RunAsync(string name, TimeSpan time, Func<Task> probe)
    {
        var (durations, failed) = (new Durations(), 0);
        var due = Clock.Now();
        for (var end = due + (long)time.TotalNanoseconds; due < end; due += Interval)
        {
            if (due - Clock.Now() is > 0 and var early)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(early / 1e6));
            }

            try
            {
                await probe();
            }
            catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException or LoadException or SocketException)
            {
                failed++;
            }

            durations.Record(Clock.Now() - due);
        }

        return new ProbeResult(name, Quantiles.Of(durations), durations.Count, failed);
    }

    async Task HealthAsync()
    {
        using var answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{engine.HttpPort}/health"));
    }

    async Task PostAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{engine.HttpPort}/v1/events");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "sk_demo");
        request.Content = new StringContent(Event(), Encoding.UTF8, "application/json");
        using var answer = await _http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    void Stream()
    {
        using var client = CrowdClient.Open(_target, reads: true);
        var acknowledged = new TaskCompletionSource();
        _ = client.ReadAsync(_ => acknowledged.TrySetResult());
        client.Send(() => Framed(Event()));
        if (!acknowledged.Task.Wait(s_patience))
        {
            throw new LoadException("no acknowledgement");
        }
    }

    string Event() => string.Create(CultureInfo.InvariantCulture,
        $$"""{"id":"{{Guid.NewGuid():N}}","type":"page_view","cartId":"probe-{{Interlocked.Increment(ref _number)}}","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}}""");

    static byte[] Framed(string json)
    {
        var frame = new byte[Frames.MaxHeaderLength + Encoding.UTF8.GetByteCount(json)];
        var head = Frames.WriteHeader(frame, Frames.Text, frame.Length - Frames.MaxHeaderLength, mask: 0);
        return frame[..(head + Encoding.UTF8.GetBytes(json, frame.AsSpan(head)))];
    }
}
