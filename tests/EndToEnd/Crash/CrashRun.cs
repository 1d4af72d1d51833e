using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>
/// Kills and restarts an engine on one data folder under load, and compares its state with the clients' models after each start.
/// </summary>
sealed class CrashRun
{
    const int Clients = 4, EventsPerRound = 1000;

    // Acknowledgements before a stop under load.
    const int Underway = 300;

    // The number of carts checked after a start in addition to the latest ones.
    const int Sample = 25;

    const int Hands = 16, HandSize = 2;

    const int Killed = 128 + 9;

    readonly Scratch _scratch;
    readonly WebhookRecorder _recorder;
    readonly Random _random;
    readonly EngineConfig _config;
    readonly CrashClient[] _clients;
    readonly int[] _checked = new int[Clients];
    readonly HashSet<int> _killedLives = [];
    int _life, _locked;

    public CrashRun(Scratch scratch, WebhookRecorder recorder, Random random)
    {
        _scratch = scratch;
        _recorder = recorder;
        _random = random;
        _clients = [.. Enumerable.Range(0, Clients).Select(number => new CrashClient(number, random.Next()))];
        _config = new EngineConfig
        {
            Campaigns = ShopModel.Campaigns.ReplaceLineEndings(" "),
            Window = $"{ShopModel.Window}ms",
            Sinks = $$"""
                { crm: { type: webhook, url: "{{recorder.Url}}", secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
                  batch: {{HandSize}}, batchAge: 0ms, maxInFlight: {{Hands}}, retries: 20 } }
                """.ReplaceLineEndings(" "),
            // Small limits, so that crashes hit commits, checkpoints and segment changes often.
            Durability = """
                journal: { commitAge: 2ms, commitSize: 64KB, segment: 4MB }
                checkpoints: { interval: 300ms, keep: 2 }
                limits: { rates: { requests: { api: { address: unlimited, key: unlimited, store: unlimited } } } }
                """,
        };
    }

    /// <summary>The exit and output of the latest process.</summary>
    public ProcessResult? LastEnd { get; private set; }

    int Acked => _clients.Sum(client => client.Acked);

    /// <summary>Runs one process until its crash.</summary>
    public async Task LiveAsync(CrashMoment moment)
    {
        _recorder.NextLife(++_life);
        if (moment.Kind == CrashKind.AtStart)
        {
            await using var process = RunningEngine.Launch(_scratch, _config);
            await Task.Delay(moment.Number);
            LastEnd = await process.KillAsync();
            NoteEnd(LastEnd.ExitCode is Killed);
            return;
        }

        await using var engine = await RunningEngine.StartAsync(_scratch, _config);
        await CheckAsync(engine, all: false);
        var acked = Acked;
        // Acknowledgements do not wait for the database of the journeys. Nor does a kill; a stop does, and says what it left.
        using var locked = moment.Kind is CrashKind.AfterAcks or CrashKind.AfterTime && _random.Next(3) == 0
            ? DatabaseLock.TryTake(_scratch.PathOf(Path.Combine("data", "outreach.db"))) : null;
        _locked += locked is null ? 0 : 1;
        var sending = SendAsync(engine, EventsPerRound);
        if (moment.Kind == CrashKind.AfterTime)
        {
            await Task.WhenAny(sending, Task.Delay(moment.Number));
        }
        else
        {
            await Eventually.Is(() => sending.IsCompleted || Acked - acked >= (moment.Kind == CrashKind.AfterAcks ? moment.Number : Underway),
                () => $"enough events are acknowledged; so far {Acked - acked}.\n{engine.Log}", () => Acked);
        }

        var stops = moment.Kind is CrashKind.WhileStopping or CrashKind.Never;
        if (stops && !engine.HasEnded)
        {
            engine.Terminate();
        }

        if (moment.Kind == CrashKind.WhileStopping)
        {
            await Task.Delay(moment.Number);
        }

        LastEnd = moment.Kind == CrashKind.Never ? await engine.EndAsync() : await engine.KillAsync();
        await sending;
        NoteEnd(moment.Kind == CrashKind.Never ? LastEnd.ExitCode == 0 : LastEnd.ExitCode == Killed || (stops && LastEnd.ExitCode == 0));
    }

    /// <summary>Drains everything, restarts the engine, and checks every cart and every key.</summary>
    public async Task FinishAsync()
    {
        _recorder.NextLife(++_life);
        var expected = new List<ExpectedIntervention>();
        await using (var engine = await RunningEngine.StartAsync(_scratch, _config))
        {
            await CheckAsync(engine, all: false);
            var repeated = _clients.Sum(client => client.Repeated);
            await SendAsync(engine, fresh: 0);
            repeated = _clients.Sum(client => client.Repeated) - repeated;
            Assert.That(_clients.Select(client => client.Acked), Is.EqualTo(_clients.Select(client => client.Model.Events.Count)),
                () => $"everything is acknowledged at the end\n{engine.Log}");
            await CheckAsync(engine, all: false);
            Assert.That((await engine.MetricsAsync()).Duplicates, Is.AtLeast(repeated), "resent acknowledged events count as duplicates");

            expected.AddRange(_clients.SelectMany(client => client.Model.Interventions()));
            await Eventually.Is(() => AboutKeys(expected).Length == 0, () => AboutKeys(expected), () => _recorder.Accepted.Count);
            // What an earlier life delivered without noting it is delivered again.
            await Eventually.Is(async () => await IsEmptyAsync(engine, "sending") && await IsEmptyAsync(engine, "scheduled"), "no intervention is waiting");
            LastEnd = await engine.StopAsync();
        }

        var posts = _recorder.Posts;
        _recorder.NextLife(++_life);
        await using (var engine = await RunningEngine.StartAsync(_scratch, _config))
        {
            await CheckAsync(engine, all: true);
            LastEnd = await engine.StopAsync();
        }

        Assert.That(AboutKeys(expected), Is.Empty);
        Assert.That(_recorder.Posts, Is.EqualTo(posts), "posts after a restart with everything delivered");
        CheckRepeats();
    }

    /// <summary>Statistics of the run.</summary>
    public string Summary() =>
        $"{_life} lives, {_killedLives.Count} of them killed, {_locked} with a locked database; {_clients.Sum(client => client.Model.Events.Count):N0} events in "
        + $"{_clients.Sum(client => client.Model.Carts.Count):N0} carts, {_clients.Sum(client => client.Repeated):N0} sent again although "
        + $"acknowledged; {_recorder.Keys:N0} interventions in {_recorder.Posts:N0} posts, {_recorder.Repeats.Count:N0} delivered twice";

    Task SendAsync(RunningEngine engine, int fresh) =>
        Task.WhenAll(_clients.Select((client, i) => Task.Run(() => client.RunAsync(engine, (Transport)((i + _life) % 3), fresh))));

    void NoteEnd(bool isExpected)
    {
        if (LastEnd!.ExitCode == Killed)
        {
            _killedLives.Add(_life);
        }

        Assert.That(isExpected, () => $"the engine exited unexpectedly or with an error\n{LastEnd}");
        Assert.That(_clients.Select(client => client.Complaint).Where(complaint => complaint is not null), Is.Empty);
        Assert.That(_recorder.Complaints, Is.Empty);
    }

    // The state holds every acknowledged event, none unsent and none twice: each cart equals the model after its first n events, with n
    // between the acknowledged and the sent ones.
    async Task CheckAsync(RunningEngine engine, bool all)
    {
        var problems = new ConcurrentQueue<string>();
        var carts = _clients.SelectMany((client, i) => Carts(client, all ? 0 : _checked[i]).Select(cart => (Client: client, Cart: cart))).ToList();
        await Parallel.ForEachAsync(carts, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (which, stop) =>
        {
            if (await ProblemOfAsync(engine, which.Client, which.Cart, stop) is { } problem)
            {
                problems.Enqueue(problem);
            }
        });
        for (var i = 0; i < Clients; i++)
        {
            _checked[i] = _clients[i].Acked;
        }

        Assert.That(problems.Take(10), Is.Empty, () => $"{problems.Count} of {carts.Count} carts differ from the model\n{engine.Log}");
    }

    HashSet<string> Carts(CrashClient client, int from)
    {
        var carts = client.Model.Events.Skip(from).Select(e => e.Cart).ToHashSet(StringComparer.Ordinal);
        if (from > 0)
        {
            carts.UnionWith(_random.GetItems([.. client.Model.Carts], Sample));
        }

        return carts;
    }

    static async Task<string?> ProblemOfAsync(RunningEngine engine, CrashClient client, string cart, CancellationToken cancellationToken)
    {
        var features = await FeaturesAsync(engine, cart, cancellationToken);
        var count = features is null ? 0 : (int)features["event_count"];
        var acked = client.Model.CountOf(cart, client.Acked);
        var sent = client.Model.CountOf(cart, client.Sent);
        if (count < acked || count > sent)
        {
            return $"{cart}: {count} events in the state, {acked} acknowledged, {sent} sent: {(count < acked ? "lost" : "doubled")}";
        }

        if (features is null)
        {
            return null;
        }

        var wrong = client.Model.FeaturesOf(cart, count)
            .Where(feature => Math.Abs(features[feature.Key] - feature.Value) > 0.001 + (Math.Abs(feature.Value) * 1e-6))
            .Select(feature => $"{feature.Key} is {features[feature.Key]} and not {feature.Value}")
            .ToList();
        return wrong.Count == 0 ? null : $"{cart} after {count} events ({acked} acknowledged, {sent} sent): {string.Join(", ", wrong)}";
    }

    static async Task<bool> IsEmptyAsync(RunningEngine engine, string state)
    {
        using var page = JsonDocument.Parse(await engine.Http.GetStringAsync($"/v1/interventions?state={state}&limit=1"));
        return page.RootElement.GetProperty("items").GetArrayLength() == 0;
    }

    static async Task<Dictionary<string, double>?> FeaturesAsync(RunningEngine engine, string cart, CancellationToken cancellationToken)
    {
        using var response = await engine.Http.GetAsync($"/v1/features/{cart}", cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        using var document = JsonDocument.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken));
        return document.RootElement.GetProperty("features").EnumerateObject()
            .ToDictionary(feature => feature.Name, feature => feature.Value.GetDouble(), StringComparer.Ordinal);
    }

    // Empty if each expected intervention arrived under one key and no other arrived. A cart is idle from when the engine received its last
    // event, which a crash delays: it is left at least once, and at most once for each of its events.
    string AboutKeys(IReadOnlyCollection<ExpectedIntervention> expected)
    {
        var accepted = _recorder.Accepted;
        var left = accepted.Where(one => one.Key.Campaign == ShopModel.Left).ToLookup(one => one.Key.Cart, StringComparer.Ordinal);
        var missing = expected.Where(one => one.Campaign == ShopModel.Left ? !left.Contains(one.Cart) : !accepted.Contains(one)).ToList();
        var events = _clients.SelectMany(client => client.Model.Events).GroupBy(e => e.Cart, StringComparer.Ordinal)
            .ToDictionary(cart => cart.Key, cart => cart.Count(), StringComparer.Ordinal);
        var carts = expected.Where(one => one.Campaign == ShopModel.Left).Select(one => one.Cart).ToHashSet(StringComparer.Ordinal);
        var others = accepted.Select(one => one.Key).Where(one => one.Campaign != ShopModel.Left).Except(expected)
            .Concat(left.Where(cart => !carts.Contains(cart.Key) || cart.Count() > events[cart.Key])
                .Select(cart => cart.First().Key)).ToList();
        var several = accepted.Where(one => one.Skip(1).Any()).Select(one => one.Key).ToList();
        return missing.Count + others.Count + several.Count == 0 ? "" :
            $"of {expected.Count} interventions {missing.Count} did not arrive ({List(missing)}); {others.Count} arrived unexpectedly "
            + $"({List(others)}); {several.Count} arrived under several keys ({List(several)})";
    }

    static string List(IEnumerable<ExpectedIntervention> interventions) =>
        string.Join("; ", interventions.Take(5).Select(one => $"{one.Campaign} of {one.Cart} at {one.DecidedAt}"));

    // Only interventions in flight, or answered but not yet recorded on disk when the engine was killed, may be delivered twice.
    void CheckRepeats()
    {
        var repeats = _recorder.Repeats;
        Assert.That(repeats.Where(repeat => repeat.First == repeat.Again || !_killedLives.Contains(repeat.First)), Is.Empty,
            "delivered again without a crash in between");
        Assert.That(repeats, Has.Count.AtMost(_killedLives.Count * Hands * HandSize * 2), "delivered again after a crash");
    }
}
