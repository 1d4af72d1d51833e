using System.Globalization;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// A partition's carts and customers. Records of an earlier shape are taken over into new files when a checkpoint is opened; the checkpoint
/// and the files it depends on stay as they are until checkpoints of the current shape have replaced it. One thread at a time.
/// </summary>
sealed class PartitionStores : IDisposable
{
    readonly int _index;
    readonly PipelineOptions _options;
    readonly bool _keep;

    /// <param name="index">The partition's number; part of the file names.</param>
    /// <param name="options">Options shared by all partitions.</param>
    /// <param name="update">Updates a cart.</param>
    /// <param name="checkpoint">The checkpoint to open; null for empty stores.</param>
    /// <param name="progress">Receives the progress of a takeover.</param>
    /// <exception cref="IOException">The checkpoint cannot be read.</exception>
    /// <exception cref="InvalidDataException">The checkpoint's content is invalid.</exception>
    /// <exception cref="StoreShapeException">The checkpoint was written by a later version.</exception>
    /// <exception cref="StoreTakeoverException">The new files cannot be written.</exception>
    public PartitionStores(int index, PipelineOptions options, CartUpdate update, Checkpoint? checkpoint, Action<TakeoverProgress>? progress)
    {
        (_index, _options, _keep) = (index, options, options.Journal is not null);
        var (carts, customers) = checkpoint is null
            ? (null, null) : (PartitionCheckpoints.CartsOf(checkpoint.Path), PartitionCheckpoints.CustomersOf(checkpoint.Path));
        Carts = IsEarlier(carts)
            ? TakeOver<CartRecordVersion3, CartRecord, CartInput, CartUpdate>(
                EarlierCarts, carts!, CartRecordVersion3.Shape, NewCarts(update, folder: null), CartRecordVersion3.ToCurrent, progress)
            : NewCarts(update, carts);
        try
        {
            Customers = IsEarlier(customers)
                ? TakeOver<CustomerRecordVersion3, CustomerRecord, CustomerInput, CustomerUpdate>(
                    EarlierCustomers, customers!, CustomerRecordVersion3.Shape, NewCustomers(folder: null), CustomerRecordVersion3.ToCurrent, progress)
                : NewCustomers(customers);
        }
        catch
        {
            Carts.Dispose();
            throw;
        }

        IsTakenOver = IsEarlier(carts) || IsEarlier(customers);
    }

    public RecordStore<CartRecord, CartInput, CartUpdate> Carts { get; }

    public RecordStore<CustomerRecord, CustomerInput, CustomerUpdate> Customers { get; }

    /// <summary>Whether records of an earlier shape were taken over, so that a checkpoint is due.</summary>
    public bool IsTakenOver { get; }

    string EarlierCarts => FileOf("carts", CartRecordVersion3.Shape);

    string EarlierCustomers => FileOf("customers", CustomerRecordVersion3.Shape);

    /// <summary>Lets the stores make progress while no events arrive.</summary>
    public void Refresh()
    {
        Carts.Refresh();
        Customers.Refresh();
    }

    /// <summary>Why records cannot be moved to disk; null if they can.</summary>
    public IOException? Problem => Carts.Problem ?? Customers.Problem;

    /// <summary>Ends the retries of writes that fail. Any thread.</summary>
    public void GiveUp()
    {
        Carts.GiveUp();
        Customers.GiveUp();
    }

    /// <summary>Completes once everything that has left memory so far is in the stores' files.</summary>
    public Task WrittenAsync() => Task.WhenAll(Carts.WrittenAsync(), Customers.WrittenAsync());

    /// <summary>Deletes the files that no checkpoint needs.</summary>
    /// <param name="checkpoints">The folders of all checkpoints kept.</param>
    public void Release(IReadOnlyList<string> checkpoints)
    {
        Release(Carts, EarlierCarts, [.. checkpoints.Select(PartitionCheckpoints.CartsOf)]);
        Release(Customers, EarlierCustomers, [.. checkpoints.Select(PartitionCheckpoints.CustomersOf)]);
    }

    /// <summary>Opens a checkpoint's records for reading.</summary>
    /// <param name="folder">The folder of the stores' logs.</param>
    /// <param name="index">The partition's number.</param>
    /// <param name="checkpoint">The folder of the checkpoint.</param>
    /// <exception cref="IOException">The checkpoint cannot be read.</exception>
    /// <exception cref="InvalidDataException">The checkpoint's content is invalid, or of an earlier shape.</exception>
    internal static (StoredRecords<CartRecord> Carts, StoredRecords<CustomerRecord> Customers) Read(string folder, int index, string checkpoint) => (
        new(FileOf(folder, "carts", index, CartRecord.Shape), PartitionCheckpoints.CartsOf(checkpoint), CartRecord.Shape),
        new(FileOf(folder, "customers", index, CustomerRecord.Shape), PartitionCheckpoints.CustomersOf(checkpoint), CustomerRecord.Shape));

    /// <inheritdoc/>
    public void Dispose()
    {
        Carts.Dispose();
        Customers.Dispose();
    }

    static void Release<TRecord, TInput, TUpdate>(RecordStore<TRecord, TInput, TUpdate> store, string earlier, IReadOnlyList<string> checkpoints)
        where TRecord : unmanaged
        where TInput : struct
        where TUpdate : IRecordUpdate<TRecord, TInput>
    {
        try
        {
            var needed = checkpoints.Select(store.NeededBy).ToArray();
            if (needed.Length == 0)
            {
                return;
            }

            store.Release(needed.Min() ?? 0);
            if (!needed.Contains(null))
            {
                StoreFiles.Delete(earlier);
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // The files are released after the next checkpoint.
        }
    }

    static bool IsEarlier(string? folder) => folder is not null && StoreLayout.Read(folder, CartRecord.Shape).Shape == CartRecordVersion3.Shape;

    string FileOf(string store, int shape) => FileOf(_options.DataFolder, store, _index, shape);

    // Each shape has files of its own.
    static string FileOf(string folder, string store, int index, int shape) => Path.Combine(folder, string.Create(
        CultureInfo.InvariantCulture, $"{store}.{index}{(shape == CartRecordVersion3.Shape ? "" : $".v{shape}")}.log"));

    RecordStore<CartRecord, CartInput, CartUpdate> NewCarts(CartUpdate update, string? folder) =>
        new(FileOf("carts", CartRecord.Shape), _options.Carts, update, _keep, folder, CartRecord.Shape);

    RecordStore<CustomerRecord, CustomerInput, CustomerUpdate> NewCustomers(string? folder) =>
        new(FileOf("customers", CustomerRecord.Shape), _options.Customers, default, _keep, folder, CustomerRecord.Shape);

    static RecordStore<TRecord, TInput, TUpdate> TakeOver<TOld, TRecord, TInput, TUpdate>(
        string earlier, string folder, int shape, RecordStore<TRecord, TInput, TUpdate> to, RecordConversion<TOld, TRecord> convert,
        Action<TakeoverProgress>? progress)
        where TOld : unmanaged
        where TRecord : unmanaged
        where TInput : struct
        where TUpdate : IRecordUpdate<TRecord, TInput>
    {
        try
        {
            StoreTakeover.Run(new StoredRecords<TOld>(earlier, folder, shape), to, convert, progress);
            return to;
        }
        catch
        {
            to.Dispose();
            throw;
        }
    }
}
