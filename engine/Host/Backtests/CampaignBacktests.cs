using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Scoring;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Campaigns.Backtests;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Data;
using CartRecovery.Host.Models;

namespace CartRecovery.Host.Backtests;

/// <summary>
/// Executes backtests beside the engine, one at a time. Reads the journal's files, uses at most half a core and bounded memory, and does not touch live state.
/// </summary>
/// <param name="host">The engine.</param>
/// <param name="data">Its data folder.</param>
sealed class CampaignBacktests(EngineHost host, DataFolder data)
{
    /// <summary>Maximum number of decisions of a backtest, original or replayed.</summary>
    public const int MaxDecisions = 50_000;

    /// <summary>Memory of a backtest, in bytes: two FASTER stores, and the decisions.</summary>
    public const long Memory = (CartMegabytes + CustomerMegabytes + DecisionMegabytes) << 20;

    /// <summary>The name of the folder in the data folder for its carts. Backups exclude names that end in .tmp.</summary>
    public const string Scratch = "backtest.tmp";

    const int CartMegabytes = 32, CustomerMegabytes = 8, DecisionMegabytes = 56;

    // Customers read at a time on the journey thread.
    const int MaxRead = 200;

    // Attempts at a lane: the engine may delete a journal's oldest file during a read.
    const int MaxReads = 3;

    const double Share = 0.5;

    const long Day = 86_400_000;

    static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    readonly ReplayGate _gate = new();

    /// <summary>Lets one replay run at a time, in the memory that the plan has for it, and none during an erasure.</summary>
    public ReplayGate Gate => _gate;

    /// <summary>Maximum duration of a backtest.</summary>
    public static TimeSpan MaxTime { get; } = TimeSpan.FromMinutes(30);

    /// <summary>The queue and the results.</summary>
    public BacktestStore Store { get; } = new(host.Control, host.Jobs.Control);

    /// <summary>Whether the engine has a journal.</summary>
    public bool HasJournal => host.Config.Journal.Enabled;

    /// <summary>Returns whether a model is in the folder of the model in force.</summary>
    /// <param name="name">The file's name.</param>
    public bool HasModel(string name) => name.EndsWith(".onnx", StringComparison.Ordinal) && name == Path.GetFileName(name) && File.Exists(ModelOf(name));

    /// <summary>Deletes the scratch files that a crash left, which contain carts of people.</summary>
    public void DeleteScratch() => Delete(Path.Combine(data.Path, Scratch));

    /// <summary>Ends the running backtest for an erasure. It begins again when the result is disposed.</summary>
    /// <param name="cancellation">Cancels the wait.</param>
    public Task<IDisposable> PauseAsync(CancellationToken cancellation) => _gate.EraseAsync(cancellation);

    /// <summary>Returns how long before a period the journal is read (ms): as long as the period, a day at least, and no longer than a cart is kept.</summary>
    /// <param name="range">The period.</param>
    /// <param name="lifetime">How long a cart is kept.</param>
    public static long LeadOf(TimeRange range, TimeSpan lifetime) => Math.Min((long)lifetime.TotalMilliseconds, Math.Max(Day, range.To - range.From));

    /// <summary>Executes pending backtests, one after another.</summary>
    public async Task RunAsync(JobContext job, CancellationToken stop)
    {
        DeleteScratch();
        while (await Store.BeginAsync(stop) is { } next)
        {
            job.Log(string.Create(CultureInfo.InvariantCulture, $"backtest {next.Id}: {next.Campaign}, version {next.Version}"));
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
            using var limit = new CancellationTokenSource(MaxTime, job.Time);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, limit.Token);
            try
            {
                var result = await _gate.ReplayAsync(cancellation => ReplayAsync(next, job, ending, cancellation), ended.Token);
                await Store.EndAsync(next, CampaignBacktest.Succeeded, problem: null, JsonSerializer.Serialize(result, ApiJson.Default.BacktestResult), stop);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                // Either cancelled, which is stored already, or timed out.
                await Store.EndAsync(next, CampaignBacktest.Failed, $"It took longer than {MaxTime.TotalMinutes} minutes. Choose a shorter period.", result: null, stop);
            }
            catch (OperationCanceledException) when (job.Cancelled is { } by)
            {
                // Others stay pending until upkeep, a start or a user requests the job again.
                await Store.EndAsync(next, CampaignBacktest.Cancelled, $"The job {BacktestStore.Job} was {by}.", result: null, CancellationToken.None);
                throw;
            }
            catch (Exception e) when (e is BacktestException or ReplayLimitException or SettingsException or ModelException or JournalException or InvalidDataException or IOException)
            {
                var problem = e is SettingsException { Problems.Count: > 0 } invalid ? string.Join("; ", invalid.Problems) : e.Message;
                job.Log($"backtest {next.Id}: {problem}");
                await Store.EndAsync(next, CampaignBacktest.Failed, problem, result: null, stop);
            }
        }
    }

    async Task<BacktestResult> ReplayAsync(CampaignBacktest backtest, JobContext job, CancellationTokenSource ending, CancellationToken cancellation)
    {
        var (store, draft) = (host.Stores.Stores.FirstOrDefault(known => known.Id == backtest.Store), (await host.Campaigns.Store.VersionsAsync(backtest.Campaign, cancellation)).Find(version => version.Number == backtest.Version)?.Draft);
        if (store is null || draft is null)
        {
            throw new BacktestException(store is null ? "The store is not configured any more." : "The version was deleted by age.");
        }

        var config = await host.Campaigns.LoadAsync(backtest.Campaign, draft);
        await host.Exports.SettleAsync(cancellation);
        var progress = 0.0;
        var work = Task.Factory.StartNew(() => Replay(backtest, config, store, share => Volatile.Write(ref progress, share), job.Time, cancellation),
            cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            while (await Task.WhenAny(work, Task.Delay(s_look, job.Time, CancellationToken.None)) != work)
            {
                var percent = (int)(100 * Volatile.Read(ref progress));
                job.Progress(percent, 100, "percent");
                if (!await Store.ReportAsync(backtest, percent, CancellationToken.None))
                {
                    await ending.CancelAsync();
                }
            }
        }
        finally
        {
            if (!work.IsCompleted)
            {
                // The database does not answer. Nothing may read the journal after this run.
                await ending.CancelAsync();
                await ((Task)work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        return await work;
    }

    BacktestResult Replay(CampaignBacktest backtest, CartRecoveryConfig config, Store store, Action<double> progress, TimeProvider time, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var decisions = host.ResolveTemplates(DecisionsOf(config, backtest.Campaign), host.Stores.Stores);
        var segments = host.Segments.Present;
        var campaigns = CampaignCompiler.Compile(decisions, host.Stores.All, segments: segments, numbers: host.NumbersOf(decisions));
        using var models = ConfiguredModels.Load(config, backtest.Model is { } file ? ModelOf(file) : null);
        if (models.FindUnserved(campaigns) is { } unserved)
        {
            throw new BacktestException($"The campaign {unserved.Name} asks for the model {unserved.Model}, which scoring.models does not name.");
        }

        var range = new TimeRange(backtest.From.ToUnixTimeMilliseconds(), backtest.To.ToUnixTimeMilliseconds());
        var scope = new ReplayScope { Store = (store.Number, store.Id), MaxDecisions = MaxDecisions, MaxReads = MaxReads, Pace = new ReplayPace(Share, time) };
        var lead = LeadOf(range, config.Memory.CartLifetime.Value);
        Limit(config);
        var budget = new MemoryBudget(config, long.MaxValue, 1);
        var folder = Path.Combine(data.Path, Scratch);
        Delete(folder);
        Directory.CreateDirectory(folder);
        try
        {
            var journals = host.Exports.Journals().Select((journal, i) => new JournalStream(journal, () => host.Exports.Journals()[i], lead));
            var replay = new Replay([.. journals], 1, threads: 1, PipelineSetup.Of(
                config, host.Stores, budget, models.Plan, campaigns, folder, hasReaders: false, usesRecorded: false), scope);
            using var watch = time.CreateTimer(_ => progress(replay.Share), state: null, s_look, s_look);
            var report = replay.Run(range, cancellation);

            // A connection of its own: others read reports meanwhile.
            using var reports = host.Exports.OpenReports();
            var first = FirstMessage.Find(reports, store.Id, report.Originals.Select(decision => decision.Id), cancellation);
            var messages = BacktestSummary.MessagesOf(reports, store.Id, range, cancellation);
            var offPolicy = OffPolicyValues.Of(reports, store.Id, backtest.Campaign, range, cancellation);
            var members = MembersOf(report.Decisions, campaigns, store, cancellation);
            return BacktestSummary.Of(report, first, store, campaigns, config.Contact.Holdout / 100, models.Champion.Id, time.GetElapsedTime(started), messages, offPolicy,
                (decision, campaign) => decision.Customer is { } user && members.Contains((campaign.Name, user))) with
            { Segments = SegmentsOf(decisions, store, segments) };
        }
        finally
        {
            Delete(folder);
        }
    }

    // A replay does not know customers' attributes: those of now count.
    HashSet<(string Campaign, string Customer)> MembersOf(IEnumerable<ReplayedDecision> decisions, CampaignSet campaigns, Store store, CancellationToken cancellation)
    {
        var members = new HashSet<(string, string)>();
        foreach (var group in decisions.Where(decision => decision.Customer is not null).GroupBy(decision => decision.Campaign, StringComparer.Ordinal))
        {
            if (campaigns.Find(group.Key)?.Segments?[store.Number] is not { OfCustomer.Count: > 0 } segment)
            {
                continue;
            }

            foreach (var some in group.Select(decision => decision.Customer!).Distinct(StringComparer.Ordinal).Chunk(MaxRead))
            {
                var found = host.Journeys.InvokeAsync((engine, _) => some.Where(user =>
                    segment.HoldsFor(engine.Store.Customers.AttributesOf(store.Ids.CustomerOf(Encoding.UTF8.GetBytes(user))))).ToArray()).WaitAsync(cancellation).GetAwaiter().GetResult();
                members.UnionWith(found.Select(user => (group.Key, user)));
            }
        }

        return members;
    }

    static List<BacktestSegment> SegmentsOf(DecisionsConfig decisions, Store store, DefinitionSnapshot<SegmentDefinition> segments) =>
    [
        .. decisions.Campaigns.Where(campaign => campaign.Segment is not null && campaign.AppliesTo(store.Id)).Select(campaign => campaign.Segment!)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(key => segments.Get(store.Id, key) is { } segment
                ? new BacktestSegment(key, segment.Number, segment.Definition.Conditions?.Any(condition => condition.Customer is not null) == true)
                : new BacktestSegment(key, Number: null, ComparesCustomers: false)),
    ];

    // The campaigns as activating the version would put them into force. Ignores a pause of the campaign itself, which would make the backtest empty.
    DecisionsConfig DecisionsOf(CartRecoveryConfig config, string campaign)
    {
        var decisions = host.Rates.AddTo(config.Decisions);
        return decisions.With(campaigns: [.. host.Pauses.AddTo(decisions).Campaigns.Select(other => other.Name == campaign ? decisions.Campaigns.Find(own => own.Name == campaign)! : other)]);
    }

    static void Limit(CartRecoveryConfig config)
    {
        config.Partitions = 1;
        config.Memory.Carts = ByteSize.FromMegabytes(CartMegabytes);
        config.Memory.Customers = ByteSize.FromMegabytes(CustomerMegabytes);
        config.Dedup.Memory = ByteSize.FromMegabytes(1);
    }

    string ModelOf(string name) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(host.Config.ModelPath))!, name);

    static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
