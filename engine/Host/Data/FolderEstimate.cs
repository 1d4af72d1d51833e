using CartRecovery.Engine.Migration;

namespace CartRecovery.Host.Data;

/// <summary>What rewriting a data folder takes.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Format">Its format.</param>
/// <param name="Records">The records in the newest checkpoints.</param>
/// <param name="JournalBytes">Bytes of journals.</param>
sealed record FolderEstimate(string Path, FolderFormat Format, RecordCount Records, long JournalBytes)
{
    // Measured on two cores; a disk may be slower.
    const double RecordsPerSecond = 300_000;
    const double JournalBytesPerSecond = 100e6;

    /// <summary>How long it takes.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds(1 + (Records.Records / RecordsPerSecond) + (JournalBytes / JournalBytesPerSecond));

    /// <summary>Reads the sizes without locking or changing the folder.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static FolderEstimate Of(string path, FolderFormat format)
    {
        var files = new FolderFiles(path);
        var (records, journal) = (default(RecordCount), 0L);
        for (var i = 0; i < format.Partitions; i++)
        {
            if (Directory.Exists(files.CheckpointsOf(i)) && RecordCount.OfNewest(files.CheckpointsOf(i)) is { } count)
            {
                records += count;
            }

            journal += Directory.Exists(files.JournalOf(i))
                ? new DirectoryInfo(files.JournalOf(i)).EnumerateFiles().Sum(file => file.Length) : 0;
        }

        return new FolderEstimate(path, format, records, journal);
    }

    /// <summary>Prints what would be done.</summary>
    /// <param name="partitions">The new number of partitions.</param>
    public void Print(int partitions)
    {
        Console.WriteLine(
            $"{Path}: {Format.Partitions} partitions, {Records.Records:N0} records of carts and customers, {JournalBytes >> 20:N0} MB of journals");
        if (!Format.HasKeyedIds)
        {
            Console.WriteLine(
                "It is of an earlier version: all ids are hashed again, with the folder's secret. Shoppers keep their variants and the holdout.");
        }

        // Each partition holds all customers.
        var bytes = Records.CartBytes + (Records.CustomerBytes / Format.Partitions * partitions);
        Console.WriteLine(
            $"It would be written to {partitions} partitions. This takes about {Describe(Duration)} and {(bytes >> 20) + 1:N0} MB of disk space.");
        Console.WriteLine("The former journals move to archive/ and are deleted after journal.retention. Nothing was changed.");
    }

    static string Describe(TimeSpan time) =>
        time.TotalMinutes < 2 ? $"{Math.Ceiling(time.TotalSeconds):N0} seconds" : $"{Math.Ceiling(time.TotalMinutes):N0} minutes";
}
