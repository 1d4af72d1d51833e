using System.Globalization;
using System.Text.RegularExpressions;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.ControlPlane.Reconciliations;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Host.Api;
using CartRecovery.Host.Reconciliation;

namespace CartRecovery.Host.Jobs;

/// <summary>The job that compares the lists of orders and carts that shops write to a folder for each store.</summary>
static partial class ReconciliationJob
{
    // Maximum number of files of a run. The next run compares the others.
    const int MaxFiles = 20;

    public static JobDefinition Definition { get; } = new(
        "reconciliation", "Compares the lists of orders and carts in reconciliation.from with what the engine has.", "*/15 * * * *", TimeSpan.FromMinutes(10), RunAsync)
    {
        PerEngine = true,
    };

    static async Task RunAsync(JobContext job, CancellationToken stop)
    {
        var state = job.Service<IEngineState>();
        var (config, oldest) = (state.Config.Reconciliation, job.Time.GetUtcNow() - state.Config.Contact.Retention.Value);
        await job.Service<ReconciliationStore>().PurgeAsync(oldest, stop);
        if (config.From is not { } folder)
        {
            return;
        }

        var stores = job.Service<StoreDirectory>().Stores;
        foreach (var store in stores)
        {
            try
            {
                ListFiles.DeleteProcessed(Path.Combine(folder, store.Id), oldest.UtcDateTime);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                job.Log($"{store.Id}: old lists cannot be deleted: the engine needs the right to write into the folder");
            }
        }

        var files = stores.SelectMany(store => ListFiles.In(Path.Combine(folder, store.Id)).Select(file => (Store: store, File: file)))
            .OrderBy(found => File.GetLastWriteTimeUtc(found.File)).Take(MaxFiles).ToArray();
        var failed = 0;
        foreach (var (store, file) in files)
        {
            if (await TryRunAsync(job, store, file, config.Repair, stop) is { } problem)
            {
                failed++;
                job.Log($"{store.Id}/{Path.GetFileName(file)}: {problem}");
            }
        }

        job.Report(string.Create(CultureInfo.InvariantCulture, $$"""{"files":{{files.Length}},"failed":{{failed}}}"""));
        if (failed > 0)
        {
            throw new InvalidDataException($"{failed} of {files.Length} files could not be read; the run's log says why");
        }
    }

    // Renamed before it is compared: where that fails, it would be compared again with each run.
    static async Task<string?> TryRunAsync(JobContext job, Store store, string file, bool repair, CancellationToken stop)
    {
        using var one = job.Service<Reconciler>().TryBegin(store.Id) ?? throw new IOException("the engine is comparing a list from the API");
        ListFile list;
        try
        {
            list = ListFiles.Take(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "cannot be renamed, so it is not compared: the engine needs the right to write into the folder";
        }

        var problem = await CompareAsync(job, store, list, repair, stop);
        list.Finish(problem is null);
        return problem;
    }

    // After a crash before the second renaming, the file is compared again: there are two reports, but each order counts once.
    static async Task<string?> CompareAsync(JobContext job, Store store, ListFile list, bool repair, CancellationToken stop)
    {
        if (await list.ReadAsync(ShopRowReader.MaxBytes, stop) is not { } text)
        {
            return $"longer than {ShopRowReader.MaxBytes} bytes: split it";
        }

        try
        {
            var report = await job.Service<Reconciler>().RunAsync(
                store, new ToldOrders(text, list.Name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase), list.Name, "engine", Address: null, PeriodOf(list.Name), repair), stop);
            job.Log(string.Create(CultureInfo.InvariantCulture,
                $"{store.Id}/{report.Source}: {report.Orders} orders, {report.Carts} carts; {report.MissingHere} missing here, {report.MissingThere} missing there, {report.Differing} differing, {report.Repaired} repaired, {report.Invalid} lines in error: report {report.Id}"));
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    // A name that ends with a day says that these are all orders of the day; orders-2026-11-30-2.csv does not.
    internal static (long From, long To)? PeriodOf(string name) => Day().Match(Path.GetFileNameWithoutExtension(name)) is { Success: true } match
        && DateTimeOffset.TryParseExact(match.Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day)
        ? (day.ToUnixTimeMilliseconds(), day.AddDays(1).ToUnixTimeMilliseconds()) : null;

    [GeneratedRegex(@"(?<!\d)\d{4}-\d{2}-\d{2}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Day();
}
