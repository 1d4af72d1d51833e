using System.Globalization;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Journal.Erasure;
using CartRecovery.Engine.Migration;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Erasure;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Erases people from running partitions. First finds the people's carts in all partitions, then ends the records in all, and only then
/// overwrites anything. By then each journal contains the keys of the carts, so the overwritten entries are no longer needed to find them.
/// Therefore an interrupted erasure can be repeated.
/// </summary>
/// <param name="partitions">The partitions, recovered and started.</param>
/// <param name="stores">Returns the stores, including removed ones.</param>
/// <param name="archives">Returns the journals of former partitions; <see langword="null"/> for none.</param>
public sealed class PartitionErasure(PartitionSet partitions, Func<StoreTable> stores, Func<IReadOnlyList<ArchivedJournal>>? archives = null)
    : IPartitionErasure, IDisposable
{
    // One erasure at a time: each reads everything, so two would only take twice as long.
    readonly SemaphoreSlim _gate = new(1, 1);

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">No store has the number.</exception>
    /// <exception cref="IOException">A file cannot be read or written. Repeat the call.</exception>
    /// <exception cref="Journal.JournalException">A journal is damaged.</exception>
    public async Task<PartitionErasureResult> EraseAsync(IReadOnlyList<ErasedPerson> people, IProgress<string>? progress, CancellationToken cancel)
    {
        var table = stores();
        ErasedIds[] ids = [.. people.Select(person => new ErasedIds(person.Store, table[person.Store].IdUtf8, table[person.Store].Ids, person.UserId, person.Carts))];
        await _gate.WaitAsync(cancel);
        try
        {
            var archived = archives?.Invoke() ?? [];
            await OnArchivesAsync(archived, (journal, pace) => journal.Find(ids, long.MaxValue, pace), progress, cancel);

            // Everything accepted before is now in the journals.
            await partitions.FlushAsync(cancel);
            for (var i = 0; i < partitions.Count; i++)
            {
                Report(progress, "looking for carts", i);
                await OnThreadAsync(i, (eraser, pace) => eraser.Find(ids, pace), cancel);
            }

            progress?.Report($"ending {ids.Sum(person => person.Carts.Count)} carts and the customers' records");
            for (var i = 0; i < partitions.Count; i++)
            {
                // One checkpoint at a time: events need the disk as well.
                await partitions[i].Eraser.EndAsync(ids, cancel);
            }

            await partitions.FlushAsync(cancel);
            for (var i = 0; i < partitions.Count; i++)
            {
                Report(progress, "overwriting files", i);
                await OnThreadAsync(i, (eraser, pace) => eraser.Overwrite(ids, pace), cancel);
            }

            var journals = await OnArchivesAsync(archived, (journal, pace) => journal.Overwrite(ids, long.MaxValue, pace), progress, cancel);
            var all = Enumerable.Range(0, partitions.Count).Select(i => partitions[i].Eraser).ToArray();
            journals.AddRange(all.Select(eraser => eraser.Journal).OfType<JournalEraser>());
            return new PartitionErasureResult(
                all.Sum(eraser => eraser.Records), journals.Sum(j => j.Entries), journals.Sum(j => j.Segments), journals.Sum(j => j.Bytes),
                [.. ids.Select(person => person.CartIds)]);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">A checkpoint cannot be read.</exception>
    public async Task ReadUsersAsync(Action<int, ReadOnlySpan<byte>> onUser, CancellationToken cancel)
    {
        for (var i = 0; i < partitions.Count; i++)
        {
            await OnThreadAsync(i, (eraser, pace) => eraser.ReadUsers(onUser, pace), cancel);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    void Report(IProgress<string>? progress, string step, int partition) =>
        progress?.Report(string.Create(CultureInfo.InvariantCulture, $"{step}, partition {partition + 1} of {partitions.Count}"));

    static async Task<List<JournalEraser>> OnArchivesAsync(
        IReadOnlyList<ArchivedJournal> archives, Action<JournalEraser, ErasurePace> step, IProgress<string>? progress, CancellationToken cancel)
    {
        var journals = new List<JournalEraser>();
        foreach (var archive in archives)
        {
            progress?.Report(string.Create(CultureInfo.InvariantCulture, $"archived journal {journals.Count + 1} of {archives.Count}"));
            using var device = archive.Open();
            var journal = new JournalEraser(device, archive.Layout);
            await OnThreadAsync(() => step(journal, new ErasurePace(cancel)), cancel);
            journals.Add(journal);
        }

        return journals;
    }

    Task OnThreadAsync(int partition, Action<PartitionEraser, ErasurePace> step, CancellationToken cancel) =>
        OnThreadAsync(() => step(partitions[partition].Eraser, new ErasurePace(cancel)), cancel);

    // A dedicated thread: the work is long and sleeps often, which would block the thread pool.
    static Task OnThreadAsync(Action step, CancellationToken cancel) =>
        Task.Factory.StartNew(
            () =>
            {
                BackgroundPriority.EnterLow();
                step();
            },
            cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
