using System.Security.Cryptography;

namespace CartRecovery.Bench.Load;

/// <summary>One run of the load generator: connects, sends, samples, waits for the last acks and reports.</summary>
sealed class LoadRun : IDisposable
{
    const string Latency = "cartrecovery_event_latency_seconds";
    const int ConnectionsPerThread = 4;

    readonly LoadOptions _options;
    readonly LoadPrinter _printer;
    readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    readonly Notes _notes = new();
    readonly List<LoadConnection> _connections = [];
    readonly List<LoadWorker> _workers = [];
    readonly List<Tally> _tallies = [];
    readonly List<Sample> _samples = [];
    Uri? _metrics;

    LoadRun(LoadOptions options, LoadPrinter printer) => (_options, _printer) = (options, printer);

    /// <summary>Performs the run.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="output">Receives progress and the report.</param>
    /// <param name="colour">Whether <paramref name="output"/> shows colours.</param>
    /// <param name="stop">Stops sending early; the report covers the events sent so far.</param>
    /// <exception cref="LoadException">The run failed.</exception>
    public static async Task<LoadReport> RunAsync(LoadOptions options, TextWriter output, bool colour, CancellationToken stop)
    {
        using var run = new LoadRun(options, new LoadPrinter(output, colour));
        return await run.RunAsync(stop);
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }

        _http.Dispose();
    }

    async Task<LoadReport> RunAsync(CancellationToken stop)
    {
        var mix = EventMix.Load(_options.Events, _options.EventFormat, _options.Items);
        var before = await FindMetricsAsync();
        _printer.Begin(_options, mix);
        var (warmUp, length) = ((long)_options.WarmUpFor.TotalNanoseconds, (long)_options.SendFor.TotalNanoseconds);
        var start = Open(mix, warmUp, length);
        _samples.Add(new Sample(start, 0, 0, before));
        if (warmUp > 0)
        {
            _printer.Say($"warming up for {_options.WarmUp}");
            await SampleUntilAsync(start, start + warmUp, stop);
            _samples.RemoveRange(0, _samples.Count - 1);
        }

        var (cpuBefore, machineBefore, from) = (Environment.CpuUsage.TotalTime, MachineLoad.Read(), _samples[0]);
        var ended = await WatchAsync(start + warmUp, length, stop);
        var cpu = Environment.CpuUsage.TotalTime - cpuBefore;
        var machine = MachineLoad.Read();
        var after = await ScrapeFinalAsync(before);

        var report = Report(start, from, ended, cpu, before, after);
        if (machine is { } used && machineBefore is { } idle)
        {
            report = report with { Machine = used.Since(idle, report.GeneratorCpuPercent + (report.Engine?.CpuPercent ?? 0)) };
        }

        _printer.End(report);
        return report;
    }

    // All connections are opened first, so that the schedule starts for all at once.
    long Open(EventMix mix, long warmUp, long length)
    {
        var target = _options.Target;
        var run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var sockets = new List<System.Net.Sockets.Socket>();
        for (var i = 0; i < _options.Connections; i++)
        {
            sockets.Add(target.Connect());
        }

        var start = Clock.Now() + 50 * Clock.Millisecond;
        var schedule = _options.Rate > 0 ? new Schedule(start, _options.Rate, _options.Connections) : null;
        for (var i = 0; i < sockets.Count; i++)
        {
            if (i % ConnectionsPerThread == 0)
            {
                _tallies.Add(new Tally(start + warmUp));
            }

            var composer = new EventComposer(mix, target.Framed, _options.PerMessage, run, i, _options.Connections, _options.Carts);
            _connections.Add(new LoadConnection(sockets[i], target.Framed, i, _options.PerMessage, composer, schedule,
                _options.InFlight / _options.Connections, _tallies[^1], _notes));
        }

        foreach (var group in _connections.Chunk(ConnectionsPerThread))
        {
            _workers.Add(new LoadWorker(group, schedule is null, start, start + warmUp + length, (long)_options.DrainFor.TotalNanoseconds));
            _workers[^1].Start();
        }

        return start;
    }

    // Samples until the end; then waits for the last acks.
    async Task<long> WatchAsync(long start, long length, CancellationToken stop)
    {
        var end = await SampleUntilAsync(start, start + length, stop);
        while (!_workers.TrueForAll(worker => worker.IsFinished))
        {
            await Task.Delay(10);
        }

        return Math.Min(end, Clock.Now());
    }

    // Samples every second while sending and once at the end. Returns the end, which is earlier if the run is stopped.
    async Task<long> SampleUntilAsync(long start, long end, CancellationToken stop)
    {
        for (var next = start + Clock.Second; !_workers.TrueForAll(worker => worker.IsFinished); next += Clock.Second)
        {
            var until = Math.Min(next, end);
            while (Clock.Now() < until && !stop.IsCancellationRequested && !_workers.TrueForAll(worker => worker.IsFinished))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp((until - Clock.Now()) / 1e6, 1, 100)));
            }

            if (stop.IsCancellationRequested)
            {
                end = Math.Min(end, Clock.Now());
                foreach (var worker in _workers)
                {
                    worker.StopSending();
                }
            }

            await SampleAsync();
            if (Clock.Now() >= end)
            {
                break;
            }
        }

        return end;
    }

    async Task SampleAsync()
    {
        while (_notes.TryTake(out var line))
        {
            _printer.Say(line!);
        }

        var page = await ScrapeAsync();
        var sample = new Sample(Clock.Now(), _connections.Sum(connection => connection.Sent),
            _connections.Sum(connection => connection.Acked), page ?? _samples[^1].Page);
        var second = Between(_samples[^1], sample);
        _samples.Add(sample);
        _printer.Second(second, sample.Sent - sample.Acked);
    }

    // The engine's counters may lag its acks: waits until they add up, at most the drain time.
    async Task<MetricsPage?> ScrapeFinalAsync(MetricsPage? before)
    {
        var page = await ScrapeAsync();
        if (before is null)
        {
            return null;
        }

        var sent = _connections.Sum(connection => connection.Sent);
        var deadline = Clock.Now() + (long)_options.DrainFor.TotalNanoseconds;
        while (Clock.Now() < deadline && (page is null || page.Received - before.Received < sent || Unaccounted(before, page) > 0))
        {
            await Task.Delay(50);
            page = await ScrapeAsync();
        }

        return page ?? throw new LoadException("the engine's metrics are no longer reachable: did it stop?");
    }

    static double Unaccounted(MetricsPage before, MetricsPage after) =>
        after.Received - before.Received - (after.Processed - before.Processed) - (after.Rejected - before.Rejected)
        - (after.Duplicates - before.Duplicates);

    LoadReport Report(long start, Sample from, long ended, TimeSpan cpu, MetricsPage? before, MetricsPage? after)
    {
        var seconds = Math.Max(0, ended - from.At) / (double)Clock.Second;
        var (latency, delay) = (new Durations(), new Durations());
        foreach (var tally in _tallies)
        {
            latency.Add(tally.AckLatency);
            delay.Add(tally.SendDelay);
        }

        while (_notes.TryTake(out var line))
        {
            _printer.Say(line!);
        }

        return new LoadReport
        {
            Target = _options.Target.ToString(),
            Connections = _options.Connections,
            Rate = _options.Rate,
            Seconds = seconds,
            WarmUpSeconds = (from.At - start) / (double)Clock.Second,
            Scheduled = _options.Rate > 0 ? (long)(_options.Rate * (Math.Max(from.At, ended) - start) / (double)Clock.Second) : null,
            Sent = _connections.Sum(connection => connection.Sent),
            Acked = _connections.Sum(connection => connection.Acked),
            AckedInWarmUp = from.Acked,
            Interventions = _connections.Sum(connection => connection.Interventions),
            Heartbeats = _connections.Sum(connection => connection.Heartbeats),
            Errors = _notes.Errors,
            Failures = [.. _notes.Failures],
            AckLatency = Quantiles.Of(latency),
            SendDelay = _options.Rate > 0 ? Quantiles.Of(delay) : null,
            GeneratorCpuPercent = seconds > 0 ? cpu.TotalSeconds / seconds * 100 : 0,
            Engine = before is null || after is null ? null : EngineOf(before, from.Page!, after),
            PerSecond = [.. _samples.Zip(_samples.Skip(1), Between)],
        };
    }

    EngineReport EngineOf(MetricsPage before, MetricsPage from, MetricsPage after)
    {
        var notReceived = _connections.Sum(connection => connection.Sent) - (after.Received - before.Received);
        var unaccounted = Unaccounted(before, after);
        var earlier = before.By("cartrecovery_events_rejected_total", "code");
        return new EngineReport
        {
            Received = after.Received - before.Received,
            Processed = after.Processed - before.Processed,
            Rejected = after.Rejected - before.Rejected,
            Duplicates = after.Duplicates - before.Duplicates,
            RejectedByCode = after.By("cartrecovery_events_rejected_total", "code")
                .Select(pair => KeyValuePair.Create(pair.Key, pair.Value - earlier.GetValueOrDefault(pair.Key)))
                .Where(pair => pair.Value > 0).ToDictionary(StringComparer.Ordinal),
            Lost = Math.Max(0, notReceived) + Math.Max(0, unaccounted),
            Surplus = Math.Max(0, -notReceived) + Math.Max(0, -unaccounted),
            Latency = Quantiles.Of(from, after, Latency),
            CpuPercent = Between(_samples[0], _samples[^1]).CpuPercent ?? 0,
            ResidentBytesAtStart = from.ResidentBytes,
            ResidentBytesAtHalf = _samples[_samples.Count / 2].Page!.ResidentBytes,
            ResidentBytesAtEnd = _samples[^1].Page!.ResidentBytes,
        };
    }

    LoadSecond Between(Sample from, Sample to)
    {
        var seconds = (to.At - from.At) / (double)Clock.Second;
        var at = (to.At - _samples[0].At) / (double)Clock.Second;
        if (from.Page is not { } earlier || to.Page is not { } later)
        {
            return new LoadSecond(at, to.Sent - from.Sent, to.Acked - from.Acked, null, null, null, null);
        }

        return new LoadSecond(at, to.Sent - from.Sent, to.Acked - from.Acked, later.Processed - earlier.Processed,
            MetricsPage.Quantile(earlier, later, Latency, 0.99) * 1e3, (later.CpuSeconds - earlier.CpuSeconds) / seconds * 100,
            later.ResidentBytes);
    }

    // The first place with metrics is asked from then on.
    async Task<MetricsPage?> FindMetricsAsync()
    {
        foreach (var uri in _options.MetricsUris)
        {
            _metrics = uri;
            if (await ScrapeAsync() is { HasEngine: true } page)
            {
                return page;
            }
        }

        return _options.MetricsUris.Count == 0 ? null
            : throw new LoadException($"no metrics at {string.Join(" or ", _options.MetricsUris)}: is the engine running? (--metrics none does without)");
    }

    async Task<MetricsPage?> ScrapeAsync()
    {
        if (_metrics is not { } uri)
        {
            return null;
        }

        try
        {
            return MetricsPage.Parse(await _http.GetStringAsync(uri));
        }
        catch (Exception failed) when (failed is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>Totals at a moment.</summary>
    sealed record Sample(long At, long Sent, long Acked, MetricsPage? Page);
}
