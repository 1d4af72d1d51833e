namespace CartRecovery.Engine.Monitoring.Services;

/// <summary>Checks services, each at its interval. A check that takes longer than its interval delays the next one of its service alone.</summary>
/// <param name="checks">The checks.</param>
/// <param name="time">The clock.</param>
public sealed class ServiceMonitor(IEnumerable<ServiceCheck> checks, TimeProvider time) : IAsyncDisposable
{
    readonly ServiceProbe _probe = new(time);
    readonly CancellationTokenSource _stop = new();
    Task _running = Task.CompletedTask;

    /// <summary>The services.</summary>
    public IReadOnlyList<ServiceRecord> Services { get; } = [.. checks.Select(check => new ServiceRecord(check))];

    /// <summary>Called with a service whose level changed, on any thread.</summary>
    public Action<ServiceRecord>? OnChange { get; init; }

    /// <summary>Returns a service.</summary>
    public ServiceRecord? Find(string name) => Services.FirstOrDefault(service => service.Check.Name == name);

    /// <summary>Begins to check.</summary>
    public void Start() => _running = Task.WhenAll(Services.Select((service, i) => Task.Run(() => RunAsync(service, i))));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _probe.Dispose();
        _stop.Dispose();
    }

    async Task RunAsync(ServiceRecord service, int place)
    {
        try
        {
            // Not all at once.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(place * 100, service.Check.Interval.TotalMilliseconds)), time, _stop.Token);
            while (true)
            {
                var began = time.GetTimestamp();
                if (service.Add(await _probe.RunAsync(service.Check, _stop.Token)))
                {
                    OnChange?.Invoke(service);
                }

                var rest = service.Check.Interval - time.GetElapsedTime(began);
                await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
