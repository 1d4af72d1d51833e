using System.Diagnostics;
using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Journeys.Erasure;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Erases people step by step, in one pass: journals, archives and dead letters are read once, each partition makes one checkpoint, and the database is rewritten at most once.
/// Each step is idempotent: after a failure or a crash, the next attempt repeats the unfinished step.
/// </summary>
/// <param name="targets">The parts of the engine with personal data.</param>
/// <param name="people">The people; at least one.</param>
/// <param name="time">The clock.</param>
sealed class Erasure(ErasureTargets targets, IReadOnlyList<PersonErasure> people, TimeProvider time)
{
    // Within this time, an event that was validated before a person was refused is in a rented slab, and SettleAsync waits for the slabs.
    static readonly TimeSpan s_maxSubmitDelay = TimeSpan.FromSeconds(1);

    static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    // Number of pauses to wait for readers of the database, or for the dead letters' queue.
    const int MaxPauses = 100;

    const int MaxRounds = 3;

    /// <summary>Runs a step of <see cref="ErasureStep.OfPerson"/>.</summary>
    /// <returns>The finished step of each person. What people share, such as rewritten entries of the journal, is counted for each.</returns>
    public async Task<IReadOnlyList<ErasureStep>> RunAsync(string name, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        foreach (var person in people)
        {
            person.Counts.Clear();
        }

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
        if (people.Count > 1)
        {
            CountForAll("people of the pass", people.Count);
        }

        var (at, took) = (time.GetUtcNow(), (long)time.GetElapsedTime(started).TotalMilliseconds);
        return [.. people.Select(person => new ErasureStep(name, at, took, new Dictionary<string, long>(person.Counts, StringComparer.Ordinal)))];
    }

    /// <summary>Runs the step <see cref="ErasureStep.Backups"/>, which does not need to know the people.</summary>
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

    IEnumerable<IGrouping<Store, PersonErasure>> ByStore => people.GroupBy(person => person.Store);

    async Task FindAsync(CancellationToken cancellation)
    {
        await Task.Delay(s_maxSubmitDelay, time, cancellation);
        await targets.SettleAsync(cancellation);
        var found = await Task.Run(() => targets.Journal.Find([.. people.Select(person => (person.Store.Number, person.Customer))], cancellation), cancellation);
        foreach (var (person, theirs) in people.Zip(found))
        {
            person.Add(theirs.Carts, theirs.Orders);
        }

        await FindArchivedAsync(cancellation);
        foreach (var person in people)
        {
            await FindAddressesAsync(person, cancellation);
            await FindRowsAsync(person, cancellation);

            // Again, because the rows named further carts.
            await FindAddressesAsync(person, cancellation);
            (person.Counts["carts"], person.Counts["orders"], person.Counts["addresses"]) = (person.Subject.Carts.Count, person.Subject.Orders.Count, person.Subject.Addresses.Count);
        }
    }

    // Returns whether the archives that are there name more than was known.
    async Task<bool> FindArchivedAsync(CancellationToken cancellation)
    {
        var hasMore = false;
        foreach (var group in targets.Archives is null ? [] : ByStore)
        {
            var found = group.Select(person => (Person: person, Ids: new ArchivedIds(person.Store, person.Subject.UserId))).ToList();
            await targets.Archives!.ReadAsync(group.Key.Id, row => found.ForEach(one => one.Ids.Add(row)), cancellation);
            found.ForEach(one => hasMore |= one.Person.Add(one.Ids.Carts, one.Ids.Orders, one.Ids.Addresses));
        }

        return hasMore;
    }

    async Task FindAddressesAsync(PersonErasure erased, CancellationToken cancellation)
    {
        var person = erased.Person;
        erased.Add([], addresses: await targets.Journeys.InvokeAsync((engine, _) => engine.AddressesOf(person)).WaitAsync(cancellation));
    }

    async Task<PersonRows> FindRowsAsync(PersonErasure erased, CancellationToken cancellation)
    {
        var person = erased.Person;
        var reached = await targets.Journeys.InvokeAsync((engine, _) => person.Addresses.Select(address => engine.Store.Addresses.Of(person.Store, address)).ToHashSet()).WaitAsync(cancellation);
        var rows = await Task.Run(() => PersonRows.Find(targets.Database, person, reached, cancellation), cancellation);
        erased.Add(rows.Carts, rows.Orders);
        return rows;
    }

    async Task ErasePartitionsAsync(CancellationToken cancellation)
    {
        if (targets.Partitions is { } partitions)
        {
            var done = await partitions.EraseAsync(
                [.. people.Select(person => new ErasedPerson(person.Store.Number, person.Subject.UserId, person.Subject.Carts, person.Subject.Addresses))], progress: null, cancellation);
            foreach (var (person, carts) in people.Zip(done.Carts))
            {
                person.Add(carts);
            }

            CountForAll("records", done.Records);
            CountForAll("journal entries", done.Entries);
            CountForAll("segments", done.Segments);
            CountForAll("bytes", done.Bytes);
        }
    }

    async Task EraseRowsAsync(CancellationToken cancellation)
    {
        // The carts' timers may have made decisions meanwhile.
        await targets.SettleAsync(cancellation);
        foreach (var person in people)
        {
            await EraseRowsAsync(person, cancellation);
            await EraseReportsAsync(person, cancellation);
        }
    }

    async Task EraseRowsAsync(PersonErasure erased, CancellationToken cancellation)
    {
        // Adds the addresses of carts that only the partitions named.
        await FindAddressesAsync(erased, cancellation);
        var rows = await FindRowsAsync(erased, cancellation);
        for (var round = 0; round == 0 || !rows.IsEmpty; round++)
        {
            if (round == MaxRounds)
            {
                throw new IOException("rows of the person were added again during the erasure");
            }

            var (person, found) = (erased.Person, rows);
            var (counts, unsent) = await targets.Journeys.InvokeAsync((engine, _) => engine.Erase(person, found, erased.Mode == ErasureMode.Anonymise)).WaitAsync(cancellation);
            foreach (var (kind, count) in counts.Where(pair => pair.Value > 0))
            {
                erased.Counts[kind] = erased.Counts.GetValueOrDefault(kind) + count;
            }

            // Sinks have these messages already, or would receive them again.
            foreach (var message in unsent)
            {
                targets.Sinks.Withdrawn.Add(message);
            }

            rows = await FindRowsAsync(erased, cancellation);
        }
    }

    async Task EraseReportsAsync(PersonErasure erased, CancellationToken cancellation)
    {
        if (targets.Reconciliations is { } reports)
        {
            var spellings = erased.Spellings;
            HashSet<string> carts = new(erased.Subject.Carts.Concat(erased.Subject.Carts.Select(erased.Store.Ids.ShownForm)), StringComparer.Ordinal), orders = new(erased.Subject.Orders, StringComparer.Ordinal);
            erased.Counts["reconciliation differences"] = await reports.EraseAsync(erased.Store.Id,
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

        foreach (var group in ByStore)
        {
            PersonSpellings[] spellings = [.. group.Select(person => person.Spellings)];
            var erased = await Task.Run(() => targets.DeadLetters.Erase(group.Key.Id, letter => Array.Exists(spellings, one => one.AreIn(letter))), cancellation);
            Count(group, "dead letters", erased);
        }
    }

    async Task EraseArchivesAsync(CancellationToken cancellation)
    {
        if (targets.Archives is not { } archives)
        {
            return;
        }

        // One that was not there at the first step may name further carts.
        if (await FindArchivedAsync(cancellation))
        {
            await ErasePartitionsAsync(cancellation);
            await EraseRowsAsync(cancellation);
            await EraseLettersAsync(cancellation);
        }

        foreach (var group in ByStore)
        {
            ArchivedPerson[] theirs = [.. group.Select(person => new ArchivedPerson(person.Person))];
            Count(group, "archived events", await archives.EraseAsync(group.Key.Id, row => Array.Exists(theirs, person => person.Has(row)), cancellation));
        }
    }

    async Task ScrubAsync(CancellationToken cancellation)
    {
        PersonSpellings[] spellings = [.. people.Select(person => person.Spellings)];
        byte[][] anywhere = [.. spellings.SelectMany(one => one.Bytes)], unused = [.. spellings.SelectMany(one => one.ShortBytes)];
        await TruncateLogAsync(cancellation);
        if (await Task.Run(() => DatabaseScrub.Contains(targets.Database, anywhere, cancellation) || DatabaseScrub.HasUnused(targets.Database, unused, cancellation), cancellation))
        {
            await Task.Run(() => DatabaseScrub.Rewrite(targets.Database), cancellation);
            await TruncateLogAsync(cancellation);
            CountForAll("database rewritten", 1);
        }

        foreach (var erased in people)
        {
            if (await Task.Run(() => PersonRows.CountNamed(targets.Database, erased.Person), cancellation) is > 0 and var left)
            {
                throw new IOException($"{left} rows still name the person");
            }
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

    void CountForAll(string what, long count) => Count(people, what, count);

    static void Count(IEnumerable<PersonErasure> some, string what, long count)
    {
        foreach (var person in some)
        {
            person.Counts[what] = count;
        }
    }
}
