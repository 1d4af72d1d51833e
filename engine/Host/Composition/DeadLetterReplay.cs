using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.DeadLetters;

namespace CartRecovery.Host.Composition;

/// <summary>What a replay made of a letter.</summary>
/// <param name="Id">The letter.</param>
/// <param name="Outcome">One of this type's words.</param>
/// <param name="EventId">The id under which its event went in, now or earlier.</param>
/// <param name="Problem">Why it did not.</param>
sealed record ReplayOutcome(long Id, string Outcome, string? EventId = null, EventProblem Problem = default)
{
    public const string Replayed = "replayed", AlreadyReplayed = "already_replayed", IsDropped = "dropped", NotRepairable = "not_repairable",
        Refused = "refused", NotFound = "not_found";
}

/// <summary>
/// Sends letters' events, repaired, through the front door: with the rules of their sender's key, and as of the time they came. A letter
/// is marked once its event is acknowledged. One that is marked is left alone; one whose mark a crash prevented goes in again under the
/// same event id, which deduplication knows.
/// </summary>
sealed class DeadLetterReplay(IngestOptions options, DeadLetterStore store) : IDisposable
{
    // Between acknowledgements, and so between marks.
    const int Chunk = 64;

    // An array goes in as it came, however many events it has.
    const int AnyBatch = 1_000_000;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    readonly SemaphoreSlim _one = new(1);
    long _replayed;

    /// <summary>Letters replayed since the start.</summary>
    public long Replayed => Volatile.Read(ref _replayed);

    /// <summary>What an event of a letter is held to.</summary>
    public EventRules RulesFor(Store shop, DeadLetter letter) =>
        options.RulesFor(new StoreKey(shop, letter.Verified ? KeyKind.Secret : KeyKind.Publishable, LoopbackOnly: false, []));

    /// <summary>Replays letters, one caller after the other.</summary>
    /// <param name="shop">The store that all of them belong to.</param>
    /// <param name="select">Reads the letters; called when it is this caller's turn.</param>
    /// <param name="given">The event to send in place of what is in the only letter; null for none.</param>
    /// <param name="cancellationToken">Ends the wait for the turn.</param>
    /// <exception cref="TimeoutException">The partitions did not acknowledge; what was not marked may be replayed again.</exception>
    /// <exception cref="IOException">A mark cannot be written; the same holds.</exception>
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

    // Not given up when the client goes: what went in is to be marked.
    async Task<List<ReplayOutcome>> ReplayAsync(Store shop, DeadLetter[] letters, byte[]? given)
    {
        var outcomes = new List<ReplayOutcome>(letters.Length);
        var sources = new Dictionary<bool, LetterSource>();
        foreach (var letter in letters)
        {
            if (letter.Mark.State != DeadLetterState.Waiting)
            {
                outcomes.Add(new ReplayOutcome(letter.Id,
                    letter.Mark.State == DeadLetterState.Replayed ? ReplayOutcome.AlreadyReplayed : ReplayOutcome.IsDropped, letter.Mark.EventId));
                continue;
            }

            var rules = RulesFor(shop, letter);
            var repair = given is null ? EventRepair.Of(letter, rules) : EventRepair.Of(given, letter.At, rules);
            if (!repair.IsUsable)
            {
                outcomes.Add(new ReplayOutcome(letter.Id, ReplayOutcome.NotRepairable, EventId: null, repair.Problem));
                continue;
            }

            if (!sources.TryGetValue(letter.Verified, out var source))
            {
                sources.Add(letter.Verified, source = new LetterSource(options, rules));
            }

            source.Refusal = default;
            source.Router.BeginRead(letter.At);
            source.Router.TakeJson(repair.Json);
            await source.Router.SubmitAsync(CancellationToken.None);
            outcomes.Add(source.Refusal.IsError
                ? new ReplayOutcome(letter.Id, ReplayOutcome.Refused, EventId: null, source.Refusal)
                : new ReplayOutcome(letter.Id, ReplayOutcome.Replayed, repair.EventId));
        }

        foreach (var source in sources.Values)
        {
            await source.WaitAsync().WaitAsync(s_patience, options.Partitions.Clock);
        }

        var done = outcomes.Where(o => o.Outcome == ReplayOutcome.Replayed).Select(o => (o.Id, o.EventId)).ToArray();
        if (done.Length > 0)
        {
            store.Mark(done, DeadLetterState.Replayed);
            Interlocked.Add(ref _replayed, done.Length);
        }

        return outcomes;
    }

    /// <summary>Letters as a source of events: nothing can be sent back to who sent them.</summary>
    sealed class LetterSource : IEventSource, IRejectedEvents
    {
        readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool _waiting;

        public LetterSource(IngestOptions options, EventRules rules)
        {
            IsPublishable = !rules.Verified;
            Router = new EventRouter(options.Partitions, rules, AnyBatch, Protocol.Http, options.Counters, this, this);
        }

        public long ConnectionId => 0;

        public bool IsPublishable { get; }

        public EventRouter Router { get; }

        /// <summary>Why the engine does not take any event now: it was usable when it was repaired.</summary>
        public EventProblem Refusal { get; set; }

        public void OnRejected(long index, EventProblem problem) => Refusal = problem;

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

        // Whoever comes last sees the other's news, because both write before they look.
        void Look()
        {
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _waiting) && Router.Progress.UpTo == Router.Taken)
            {
                _done.TrySetResult();
            }
        }
    }
}
