using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Ingest.DeadLetters.Repair;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Host.Api.Events;

namespace CartRecovery.Host.Api.DeadLetters;

/// <summary>The outcome of a dead letter's replay.</summary>
/// <param name="Id">The dead letter's number.</param>
/// <param name="Outcome">One of this type's constants.</param>
/// <param name="EventId">The id its event was accepted under, now or earlier.</param>
/// <param name="Problem">Why it was not accepted.</param>
sealed record ReplayOutcome(long Id, string Outcome, string? EventId = null, EventProblem Problem = default)
{
    public const string Replayed = "replayed", AlreadyReplayed = "already_replayed", AlreadyDropped = "dropped", NotRepairable = "not_repairable",
        Rejected = "refused", NotFound = "not_found";
}

/// <summary>
/// Repairs dead letters and ingests their events under the rules of their sender's key, as of the time they were received. A dead letter
/// is marked once its event is acknowledged, and marked ones are skipped. If a crash prevents the mark, the next replay sends the same
/// event id again, and deduplication drops it.
/// </summary>
sealed class DeadLetterReplay(IngestOptions options, DeadLetterStore store) : IDisposable
{
    // Dead letters replayed per acknowledgement and mark.
    const int Chunk = 64;

    // The batch limit does not apply: an array is replayed whole, as it was received.
    const int AnyBatch = 1_000_000;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    readonly SemaphoreSlim _one = new(1);
    long _replayed;

    /// <summary>Letters replayed since the start.</summary>
    public long Replayed => Volatile.Read(ref _replayed);

    /// <summary>Returns the rules that a dead letter's event must satisfy.</summary>
    public EventRules RulesFor(Store shop, DeadLetter letter) =>
        options.RulesFor(new StoreKey(shop, letter.FromServer ? KeyKind.Secret : KeyKind.Publishable, LoopbackOnly: false, []));

    /// <summary>Replays dead letters. Calls are serialised.</summary>
    /// <param name="shop">The store that all the dead letters belong to.</param>
    /// <param name="select">Reads the dead letters; called once this caller holds the lock.</param>
    /// <param name="given">The event to send instead of the only dead letter's; null for none.</param>
    /// <param name="cancellationToken">Cancels the wait for the lock; a replay that has begun completes.</param>
    /// <exception cref="TimeoutException">The partitions did not acknowledge within 30 seconds. Unmarked dead letters can be replayed
    /// again.</exception>
    /// <exception cref="IOException">A mark cannot be written. Unmarked dead letters can be replayed again.</exception>
    public async Task<List<ReplayOutcome>> RunAsync(
        Store shop, Func<IEnumerable<DeadLetter>> select, byte[]? given, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var outcomes = new List<ReplayOutcome>();
            foreach (var chunk in select().Chunk(Chunk))
            {
                outcomes.AddRange(await ReplayAsync(shop, chunk, given));
            }

            return outcomes;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    // Not cancelled when the client disconnects: ingested events must be marked.
    async Task<List<ReplayOutcome>> ReplayAsync(Store shop, DeadLetter[] letters, byte[]? given)
    {
        var outcomes = new List<ReplayOutcome>(letters.Length);
        var sources = new Dictionary<bool, LetterSource>();
        var sent = new List<(int Outcome, LetterSource Source, long First)>();
        foreach (var letter in letters)
        {
            if (letter.Mark.State != DeadLetterState.Waiting)
            {
                outcomes.Add(new ReplayOutcome(letter.Id,
                    letter.Mark.State == DeadLetterState.Replayed ? ReplayOutcome.AlreadyReplayed : ReplayOutcome.AlreadyDropped, letter.Mark.EventId));
                continue;
            }

            var rules = RulesFor(shop, letter);
            var repair = given is null ? EventRepair.Of(letter, rules) : EventRepair.Of(given, letter.At, rules);
            if (!repair.IsUsable)
            {
                outcomes.Add(new ReplayOutcome(letter.Id, ReplayOutcome.NotRepairable, EventId: null, repair.Problem));
                continue;
            }

            if (!sources.TryGetValue(letter.FromServer, out var source))
            {
                sources.Add(letter.FromServer, source = new LetterSource(options, rules));
            }

            source.Router.BeginRead(letter.At);
            var first = source.Router.Received;
            source.Router.RouteJson(repair.Json);
            await source.Router.SubmitAsync(CancellationToken.None);
            sent.Add((outcomes.Count, source, first));
            outcomes.Add(new ReplayOutcome(letter.Id, ReplayOutcome.Replayed, repair.EventId));
        }

        foreach (var source in sources.Values)
        {
            await source.WaitAsync().WaitAsync(s_patience, options.Partitions.Clock);
        }

        foreach (var (place, source, first) in sent)
        {
            // The last rejection before the next letter's events is this one's.
            if (source.RejectionIn(first, NextOf(sent, source, first)) is { IsError: true } problem)
            {
                outcomes[place] = new ReplayOutcome(outcomes[place].Id, ReplayOutcome.Rejected, EventId: null, problem);
            }
        }

        var done = outcomes.Where(o => o.Outcome == ReplayOutcome.Replayed).Select(o => (o.Id, o.EventId)).ToArray();
        if (done.Length > 0)
        {
            store.Mark(done, DeadLetterState.Replayed);
            Interlocked.Add(ref _replayed, done.Length);
        }

        return outcomes;
    }

    static long NextOf(List<(int Outcome, LetterSource Source, long First)> sent, LetterSource source, long first) =>
        sent.Where(next => next.Source == source && next.First > first).Select(next => next.First).DefaultIfEmpty(long.MaxValue).Min();

    /// <summary>Dead letters as an event source. Their senders receive no answer.</summary>
    sealed class LetterSource : IEventSource, IRejectedEvents
    {
        readonly RejectionList _rejected = new();
        readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool _waiting;

        public LetterSource(IngestOptions options, EventRules rules)
        {
            Router = new EventRouter(options.Partitions, rules, AnyBatch, Protocol.Http, options.Counters, this, this);
        }

        public long ConnectionId => 0;

        public ulong Network => 0;

        public EventRouter Router { get; }

        public void OnRejected(long index, EventProblem problem) => _rejected.OnRejected(index, problem);

        public void OnForeign(EventSlab slab, in SourceRun run, int first) => Router.RejectForeign(slab, run, first, this);

        /// <summary>Returns why the engine rejects an event of a range at present, although its repair was valid.</summary>
        public EventProblem RejectionIn(long from, long to) => _rejected.FirstIn(from, to);

        public void OnProcessed(int partition, long upTo)
        {
            Router.Progress.Complete(partition, upTo);
            Look();
        }

        public Task WaitAsync()
        {
            Volatile.Write(ref _waiting, true);
            Look();
            return _done.Task;
        }

        // Both callers write before they check, so the later one sees the other's write.
        void Look()
        {
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _waiting) && Router.Progress.UpTo == Router.Received)
            {
                _done.TrySetResult();
            }
        }
    }
}
