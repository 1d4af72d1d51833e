using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Journeys.Erasure;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Finds people in a data folder who are erased already: a restored folder has those whom its backup named. Tombstones are keyed hashes, so the
/// scan hashes every user's id that the folder has, in one pass over journals, checkpoints, database and archives.
/// </summary>
/// <param name="targets">The parts of the engine with personal data.</param>
/// <param name="people">The erased people.</param>
sealed class ForgottenScan(ErasureTargets targets, ForgottenPeople people)
{
    readonly HashSet<(string Store, string UserId)> _found = [];

    /// <summary>Finds the people, and deletes dead letters that name one.</summary>
    /// <returns>The stores and ids of the people.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public async Task<IReadOnlyCollection<(string Store, string UserId)>> RunAsync(CancellationToken cancellation)
    {
        if (people.IsEmpty)
        {
            return [];
        }

        await targets.SettleAsync(cancellation);
        var stores = targets.Stores.All.ToDictionary(store => store.Number);
        await Task.Run(() => targets.Journal.ReadUsers((store, user) => Look(stores.GetValueOrDefault(store), user), cancellation), cancellation);
        await Task.Run(() => PersonRows.ReadUsers(targets.Database, (store, user) => Look(targets.Stores.All.Find(store), Encoding.UTF8.GetBytes(user))), cancellation);
        if (targets.Partitions is { } partitions)
        {
            await partitions.ReadUsersAsync((store, user) => Look(stores.GetValueOrDefault(store), user), cancellation);
        }

        foreach (var store in stores.Values)
        {
            await (targets.Archives?.ReadAsync(store.Id, row => Look(store, Encoding.UTF8.GetBytes(ArchivedIds.UserOf(row) ?? "")), cancellation) ?? Task.CompletedTask);
            await Task.Run(() => targets.DeadLetters.Erase(store.Id, letter => ForgottenInLetter.IsNamed(people, store.IdUtf8, letter)), cancellation);
        }

        return _found;
    }

    void Look(Store? store, ReadOnlySpan<byte> user)
    {
        // Tombstones are of ids as the shop writes them.
        if (store is not null && user.StartsWith("s."u8) && store.Ids.Sealed is not null)
        {
            user = Encoding.UTF8.GetBytes(store.Ids.ShownForm(Encoding.UTF8.GetString(user)));
        }

        if (store is not null && people.Contains(store.IdUtf8, user))
        {
            _found.Add((store.Id, Encoding.UTF8.GetString(user)));
        }
    }
}
