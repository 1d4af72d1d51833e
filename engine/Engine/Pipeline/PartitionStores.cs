using System.Globalization;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Opens a partition's stores from a checkpoint. Records of an earlier shape are taken over into a new file; the checkpoint and the file it
/// depends on stay as they are until a checkpoint of the new shape has replaced them.
/// </summary>
/// <param name="index">The partition's number; part of the file names.</param>
/// <param name="options">Options shared by all partitions.</param>
/// <param name="checkpoint">The checkpoint; null for empty stores.</param>
/// <param name="progress">Receives the progress of a takeover.</param>
sealed class PartitionStores(int index, PipelineOptions options, Checkpoint? checkpoint, Action<TakeoverProgress>? progress)
{
    const string Carts = "carts";
    const string Customers = "customers";

    readonly bool _keep = options.Journal is not null;

    /// <summary>The name of the carts' files of the earlier shape.</summary>
    public string EarlierCarts => FileOf(options.DataFolder, Carts, index, CartRecordVersion3.Shape);

    /// <summary>The name of the customers' files of the earlier shape.</summary>
    public string EarlierCustomers => FileOf(options.DataFolder, Customers, index, CustomerRecordVersion3.Shape);

    /// <summary>Opens the carts.</summary>
    public RecordStore<CartRecord, CartInput, CartUpdate> OpenCarts(CartUpdate update)
    {
        var folder = checkpoint is null ? null : PartitionCheckpoints.CartsOf(checkpoint.Path);
        return folder is not null && StoreLayout.Read(folder, CartRecord.Shape).Shape == CartRecordVersion3.Shape
            ? TakeOver<CartRecordVersion3, CartRecord, CartInput, CartUpdate>(
                Carts, folder, CartRecordVersion3.Shape, NewCarts(update, folder: null), CartRecordVersion3.ToCurrent)
            : NewCarts(update, folder);
    }

    /// <summary>Opens the customers.</summary>
    public RecordStore<CustomerRecord, EventRecord, CustomerUpdate> OpenCustomers()
    {
        var folder = checkpoint is null ? null : PartitionCheckpoints.CustomersOf(checkpoint.Path);
        return folder is not null && StoreLayout.Read(folder, CustomerRecord.Shape).Shape == CustomerRecordVersion3.Shape
            ? TakeOver<CustomerRecordVersion3, CustomerRecord, EventRecord, CustomerUpdate>(
                Customers, folder, CustomerRecordVersion3.Shape, NewCustomers(folder: null), CustomerRecordVersion3.ToCurrent)
            : NewCustomers(folder);
    }

    /// <summary>Returns the name of a store's files, without their number. Each shape has files of its own.</summary>
    public static string FileOf(string folder, string store, int partition, int shape) => Path.Combine(folder, string.Create(
        CultureInfo.InvariantCulture, $"{store}.{partition}{(shape == CartRecordVersion3.Shape ? "" : $".v{shape}")}.log"));

    /// <summary>Deletes the files of a store that no checkpoint needs.</summary>
    /// <param name="store">The store.</param>
    /// <param name="earlier">The name of the files of the earlier shape.</param>
    /// <param name="checkpoints">The folders of the store's part in every checkpoint kept.</param>
    public static void Release<TRecord, TInput, TUpdate>(
        RecordStore<TRecord, TInput, TUpdate> store, string earlier, IReadOnlyList<string> checkpoints)
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
                StoreDevice.Delete(earlier);
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // The files are released after the next checkpoint.
        }
    }

    RecordStore<CartRecord, CartInput, CartUpdate> NewCarts(CartUpdate update, string? folder) =>
        new(FileOf(options.DataFolder, Carts, index, CartRecord.Shape), options.Carts, update, _keep, folder, CartRecord.Shape);

    RecordStore<CustomerRecord, EventRecord, CustomerUpdate> NewCustomers(string? folder) =>
        new(FileOf(options.DataFolder, Customers, index, CustomerRecord.Shape), options.Customers, default, _keep, folder, CustomerRecord.Shape);

    RecordStore<TRecord, TInput, TUpdate> TakeOver<TOld, TRecord, TInput, TUpdate>(
        string name, string folder, int shape, RecordStore<TRecord, TInput, TUpdate> to, RecordConversion<TOld, TRecord> convert)
        where TOld : unmanaged
        where TRecord : unmanaged
        where TInput : struct
        where TUpdate : IRecordUpdate<TRecord, TInput>
    {
        try
        {
            StoreTakeover.Run(new StoredRecords<TOld>(FileOf(options.DataFolder, name, index, shape), folder, shape), to, convert, progress);
            IsTakenOver = true;
            return to;
        }
        catch
        {
            to.Dispose();
            throw;
        }
    }

    /// <summary>Whether records of an earlier shape were taken over, so that a checkpoint is due.</summary>
    public bool IsTakenOver { get; private set; }
}
