using System.Diagnostics;
using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Journeys.Erasure;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Erases one person step by step. Each step is idempotent: after a failure or a crash, the next attempt repeats the unfinished step.
/// </summary>
/// <param name="targets">The parts of the engine with personal data.</param>
/// <param name="store">The person's store.</param>
/// <param name="subject">The person.</param>
/// <param name="mode">What happens to the person's orders.</param>
/// <param name="time">The clock.</param>
sealed class Erasure(ErasureTargets targets, Store store, ErasedSubject subject, ErasureMode mode, TimeProvider time)
{
    // Within this time, an event that was validated before the person was refused is in a rented slab, and SettleAsync waits for the slabs.
    static readonly TimeSpan s_maxSubmitDelay = TimeSpan.FromSeconds(1);

    static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    // Number of pauses to wait for readers of the database, or for the dead letters' queue.
    const int MaxPauses = 100;

    const int MaxRounds = 3;

    readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>The person, with all ids found so far.</summary>
    public ErasedSubject Subject { get; private set; } = subject;

    /// <summary>Returns whether a text names the person.</summary>
    public bool IsNamedIn(string text) => new PersonSpellings(Person).AreIn(Encoding.UTF8.GetBytes(text));

    /// <summary>Runs a step of <see cref="ErasureStep.OfPerson"/>.</summary>
    /// <returns>The finished step.</returns>
    public async Task<ErasureStep> RunAsync(string name, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        _counts.Clear();
        await (name switch
        {
            ErasureStep.Find => FindAsync(cancellation),
            ErasureStep.Partitions => ErasePartitionsAsync(cancellation),
            ErasureStep.Database => EraseRowsAsync(cancellation),
            ErasureStep.DeadLetters => EraseLettersAsync(cancellation),
            ErasureStep.Archive => EraseArchivesAsync(cancellation),
            ErasureStep.Scrub => ScrubAsync(cancellation),
            _ => throw new UnreachableException(name),
        });
        return new ErasureStep(name, time.GetUtcNow(), (long)time.GetElapsedTime(started).TotalMilliseconds, new Dictionary<string, long>(_counts, StringComparer.Ordinal));
    }

    /// <summary>Runs the step <see cref="ErasureStep.Backups"/>, which does not need to know the person.</summary>
    /// <returns>The finished step.</returns>
    public static async Task<ErasureStep> RenewBackupsAsync(ErasureTargets targets, TimeProvider time, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        Dictionary<string, long> counts = new(StringComparer.Ordinal);
        if (targets.RenewBackupsAsync is { } renew)
        {
            counts["destinations of backups"] = await renew(cancellation);
        }

        return new ErasureStep(ErasureStep.Backups, time.GetUtcNow(), (long)time.GetElapsedTime(started).TotalMilliseconds, counts);
    }

    Person Person => new(store.Id, Subject.UserId, store.Ids, Subject.Carts, Subject.Orders, Subject.Addresses);

    async Task FindAsync(CancellationToken cancellation)
    {
        await Task.Delay(s_maxSubmitDelay, time, cancellation);
        await targets.SettleAsync(cancellation);
        var customer = store.Ids.CustomerOf(Encoding.UTF8.GetBytes(Subject.UserId));
        var (carts, orders) = await Task.Run(() => targets.Journal.Find(store.Number, customer, cancellation), cancellation);
        Subject = Subject with { Carts = [.. Subject.Carts.Union(carts, StringComparer.Ordinal)], Orders = [.. Subject.Orders.Union(orders, StringComparer.Ordinal)] };
        await FindArchivedAsync(cancellation);
        await FindAddressesAsync(cancellation);
        await FindRowsAsync(cancellation);

        // Again, because the rows named further carts.
        await FindAddressesAsync(cancellation);
        (_counts["carts"], _counts["orders"], _counts["addresses"]) = (Subject.Carts.Count, Subject.Orders.Count, Subject.Addresses.Count);
    }

    // Returns whether the archives that are there name more than was known.
    async Task<bool> FindArchivedAsync(CancellationToken cancellation)
    {
        if (targets.Archives is not { } archives)
        {
            return false;
        }

        var (found, before) = (new ArchivedIds(store, Subject.UserId), Subject);
        await archives.ReadAsync(store.Id, found.Add, cancellation);
        Subject = Subject with
        {
            Carts = [.. before.Carts.Union(found.Carts, StringComparer.Ordinal)],
            Orders = [.. before.Orders.Union(found.Orders, StringComparer.Ordinal)],
            Addresses = [.. before.Addresses.Union(found.Addresses, StringComparer.Ordinal)],
        };
        return Subject.Carts.Count + Subject.Orders.Count + Subject.Addresses.Count > before.Carts.Count + before.Orders.Count + before.Addresses.Count;
    }

    async Task FindAddressesAsync(CancellationToken cancellation)
    {
        var person = Person;
        var addresses = await targets.Journeys.InvokeAsync((engine, _) => engine.AddressesOf(person)).WaitAsync(cancellation);
        Subject = Subject with { Addresses = [.. Subject.Addresses.Union(addresses, StringComparer.Ordinal)] };
    }

    async Task<PersonRows> FindRowsAsync(CancellationToken cancellation)
    {
        var person = Person;
        var reached = await targets.Journeys.InvokeAsync((engine, _) => person.Addresses.Select(address => engine.Store.Addresses.Of(person.Store, address)).ToHashSet()).WaitAsync(cancellation);
        var rows = await Task.Run(() => PersonRows.Find(targets.Database, person, reached, cancellation), cancellation);
        Subject = Subject with { Carts = [.. Subject.Carts.Union(rows.Carts, StringComparer.Ordinal)], Orders = [.. Subject.Orders.Union(rows.Orders, StringComparer.Ordinal)] };
        return rows;
    }

    async Task ErasePartitionsAsync(CancellationToken cancellation)
    {
        if (targets.Partitions is { } partitions)
        {
            var done = await partitions.EraseAsync(new ErasedPerson(store.Number, Subject.UserId, Subject.Carts, Subject.Addresses), progress: null, cancellation);
            Subject = Subject with { Carts = [.. Subject.Carts.Union(done.Carts, StringComparer.Ordinal)] };
            (_counts["records"], _counts["journal entries"], _counts["segments"], _counts["bytes"]) = (done.Records, done.Entries, done.Segments, done.Bytes);
        }
    }

    async Task EraseRowsAsync(CancellationToken cancellation)
    {
        // The carts' timers may have made decisions meanwhile.
        await targets.SettleAsync(cancellation);

        // Adds the addresses of carts that only the partitions named.
        await FindAddressesAsync(cancellation);
        var rows = await FindRowsAsync(cancellation);
        for (var round = 0; round == 0 || !rows.IsEmpty; round++)
        {
            if (round == MaxRounds)
            {
                throw new IOException("rows of the person were added again during the erasure");
            }

            var (person, found) = (Person, rows);
            var (counts, unsent) = await targets.Journeys.InvokeAsync((engine, _) => engine.Erase(person, found, mode == ErasureMode.Anonymise)).WaitAsync(cancellation);
            foreach (var (kind, count) in counts.Where(pair => pair.Value > 0))
            {
                _counts[kind] = _counts.GetValueOrDefault(kind) + count;
            }

            // Sinks have these messages already, or would receive them again.
            foreach (var message in unsent)
            {
                targets.Sinks.Withdrawn.Add(message);
            }

            rows = await FindRowsAsync(cancellation);
        }

        await EraseReportsAsync(cancellation);
    }

    async Task EraseReportsAsync(CancellationToken cancellation)
    {
        if (targets.Reconciliations is { } reports)
        {
            var spellings = new PersonSpellings(Person);
            HashSet<string> carts = new(Subject.Carts, StringComparer.Ordinal), orders = new(Subject.Orders, StringComparer.Ordinal);
            _counts["reconciliation differences"] = await reports.EraseAsync(store.Id,
                (order, cart) => (cart is not null && carts.Contains(cart)) || (order is not null && orders.Contains($"o:{order}")),
                text => spellings.AreIn(Encoding.UTF8.GetBytes(text)), cancellation);
        }
    }

    async Task EraseLettersAsync(CancellationToken cancellation)
    {
        for (var i = 0; !targets.DeadLetterQueue.IsIdle; i++)
        {
            await PauseAsync(i, "the dead letters cannot be written", cancellation);
        }

        var spellings = new PersonSpellings(Person);
        _counts["dead letters"] = await Task.Run(() => targets.DeadLetters.Erase(store.Id, spellings.AreIn), cancellation);
    }

    async Task EraseArchivesAsync(CancellationToken cancellation)
    {
        if (targets.Archives is { } archives)
        {
            // One that was not there at the first step may name further carts.
            if (await FindArchivedAsync(cancellation))
            {
                await ErasePartitionsAsync(cancellation);
                await EraseRowsAsync(cancellation);
                await EraseLettersAsync(cancellation);
            }

            _counts["archived events"] = await archives.EraseAsync(store.Id, new ArchivedPerson(Person).Has, cancellation);
        }
    }

    async Task ScrubAsync(CancellationToken cancellation)
    {
        var (person, spellings) = (Person, new PersonSpellings(Person));
        await TruncateLogAsync(cancellation);
        if (!spellings.IsSearchable || await Task.Run(() => DatabaseScrub.Contains(targets.Database, spellings.Bytes, cancellation), cancellation))
        {
            await Task.Run(() => DatabaseScrub.Rewrite(targets.Database), cancellation);
            await TruncateLogAsync(cancellation);
            _counts["database rewritten"] = 1;
        }

        if (await Task.Run(() => PersonRows.CountNamed(targets.Database, person), cancellation) is > 0 and var left)
        {
            throw new IOException($"{left} rows still name the person");
        }
    }

    async Task TruncateLogAsync(CancellationToken cancellation)
    {
        for (var i = 0; !await Task.Run(() => DatabaseScrub.TryTruncateLog(targets.Database), cancellation); i++)
        {
            await PauseAsync(i, "readers keep the database's write-ahead log in use", cancellation);
        }
    }

    async Task PauseAsync(int pauses, string problem, CancellationToken cancellation)
    {
        if (pauses == MaxPauses)
        {
            throw new IOException(problem);
        }

        await Task.Delay(s_pause, time, cancellation);
    }
}
