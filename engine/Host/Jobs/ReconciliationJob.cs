using System.Globalization;
using System.Text.RegularExpressions;
using CartRecovery.Engine.ControlPlane.Jobs;
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
        var config = job.Service<IEngineState>().Config.Reconciliation;
        if (config.From is not { } folder)
        {
            return;
        }

        var files = job.Service<StoreDirectory>().Stores.SelectMany(store => FilesOf(Path.Combine(folder, store.Id)).Select(file => (Store: store, File: file)))
            .OrderBy(found => File.GetLastWriteTimeUtc(found.File)).Take(MaxFiles).ToArray();
        var failed = 0;
        foreach (var (store, file) in files)
        {
            if (await TryRunAsync(job, store, file, config.Repair, stop) is { } problem)
            {
                failed++;
                job.Log($"{store.Id}/{Path.GetFileName(file)}: {problem}");
                File.Move(file, $"{file}.failed", overwrite: true);
            }
        }

        job.Report(string.Create(CultureInfo.InvariantCulture, $$"""{"files":{{files.Length}},"failed":{{failed}}}"""));
        if (failed > 0)
        {
            throw new InvalidDataException($"{failed} of {files.Length} files could not be read; the run's log says why");
        }
    }

    static async Task<string?> TryRunAsync(JobContext job, Store store, string file, bool repair, CancellationToken stop)
    {
        if (new FileInfo(file).Length > ShopRowReader.MaxBytes)
        {
            return $"longer than {ShopRowReader.MaxBytes} bytes: split it";
        }

        var reconciler = job.Service<Reconciler>();
        using var one = reconciler.TryBegin() ?? throw new IOException("the engine is comparing a list from the API");
        try
        {
            var report = await reconciler.RunAsync(store, new ToldOrders(await File.ReadAllBytesAsync(file, stop), file.EndsWith(".csv", StringComparison.OrdinalIgnoreCase),
                Path.GetFileName(file), "engine", Address: null, PeriodOf(Path.GetFileName(file)), repair), stop);
            job.Log(string.Create(CultureInfo.InvariantCulture,
                $"{store.Id}/{report.Source}: {report.Orders} orders, {report.Carts} carts; {report.MissingHere} missing here, {report.MissingThere} missing there, {report.Differing} differing, {report.Repaired} repaired, {report.Invalid} lines in error: report {report.Id}"));
        }
        catch (FormatException e)
        {
            return e.Message;
        }

        // After a crash before this line, the file is compared again: there are two reports, but each order counts once.
        File.Move(file, $"{file}.done", overwrite: true);
        return null;
    }

    static string[] FilesOf(string folder) => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder).Where(file => Path.GetExtension(file).ToLowerInvariant() is ".csv" or ".ndjson" or ".json")] : [];

    // A file with a day in its name has all orders of that day.
    static (long From, long To)? PeriodOf(string name) => Day().Match(name) is { Success: true } match
        && DateTimeOffset.TryParseExact(match.Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day)
        ? (day.ToUnixTimeMilliseconds(), day.AddDays(1).ToUnixTimeMilliseconds()) : null;

    [GeneratedRegex(@"\d{4}-\d{2}-\d{2}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Day();
}
