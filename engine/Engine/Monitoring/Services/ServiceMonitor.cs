namespace CartRecovery.Engine.Monitoring.Services;

/// <summary>
/// Checks services, each at its interval, at most <see cref="MaxConcurrent"/> at once. A check that takes longer than its interval delays the
/// next one of its service alone.
/// </summary>
/// <param name="checks">The checks.</param>
/// <param name="time">The clock.</param>
public sealed class ServiceMonitor(IEnumerable<ServiceCheck> checks, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How many checks run at once; further ones wait.</summary>
    public const int MaxConcurrent = 16;

    // Between the first checks, so that they do not all begin at once.
    static readonly TimeSpan s_stagger = TimeSpan.FromMilliseconds(100);

    readonly ServiceProbe _probe = new(time);
    readonly SemaphoreSlim _places = new(MaxConcurrent);
    readonly CancellationTokenSource _stop = new();
    Task _running = Task.CompletedTask;

    /// <summary>The services.</summary>
    public IReadOnlyList<MonitoredService> Services { get; } = [.. checks.Select(check => new MonitoredService(check, new ServiceRecord(check.Name)))];

    /// <summary>Receives each result, on any thread, and whether the level changed.</summary>
    public Action<MonitoredService, ServiceResult, bool>? OnResult { get; set; }

    /// <summary>Returns a service; <see langword="null"/> if there is none of this name.</summary>
    public MonitoredService? Find(string name) => Services.FirstOrDefault(service => service.Check.Name == name);

    /// <summary>Starts to check.</summary>
    public void Start() => _running = Task.WhenAll(Services.Select((service, i) => Task.Run(() => RunAsync(service, i))));

    /// <summary>Checks a service once.</summary>
    /// <exception cref="OperationCanceledException">The monitor is stopped.</exception>
    public async Task CheckAsync(MonitoredService service)
    {
        ServiceResult result;
        await _places.WaitAsync(_stop.Token);
        try
        {
            result = await _probe.RunAsync(service.Check, _stop.Token);
        }
        finally
        {
            _places.Release();
        }

        OnResult?.Invoke(service, result, service.Record.Add(result));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _places.Dispose();
        _stop.Dispose();
    }

    async Task RunAsync(MonitoredService service, int place)
    {
        try
        {
            var (delay, interval) = (s_stagger * place, service.Check.Interval);
            await Task.Delay(delay < interval ? delay : interval, time, _stop.Token);
            while (true)
            {
                var began = time.GetTimestamp();
                await CheckAsync(service);
                var rest = interval - time.GetElapsedTime(began);
                await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
