using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.Privacy;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Privacy;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Control;

/// <summary>Implements <c>privacy</c>: requests erasures, which the engine executes, and verifies receipts.</summary>
static class PrivacyCommand
{
    const int MaxLimit = 100_000;

    public static Task<int> RunAsync(PrivacyOptions options)
    {
        var mode = ErasureMode.Delete;
        var problem = options.Action is not ("forget" or "lift" or "export" or "status" or "list" or "verify" or "folders" or "unregister")
                ? $"unknown action '{options.Action}'; expected forget, lift, export, status, list, verify, folders or unregister"
            : options.Format is not ("json" or "zip") ? $"--format: expected json or zip, got '{options.Format}'"
            : options.Action is not ("list" or "folders") && string.IsNullOrWhiteSpace(options.Subject)
                ? $"privacy {options.Action}: expected {options.Action switch { "status" => "a request's id, which privacy list prints", "verify" => "a receipt, or a file with one", "unregister" => "a data folder's id, which privacy folders prints", _ => "a customer's id" }}"
            : !ErasureRequests.TryParse(options.Mode, out mode) ? $"--mode: expected delete or anonymise, got '{options.Mode}'"
            : options.Limit is < 1 or > MaxLimit ? $"--limit: expected 1 to {MaxLimit}, got {options.Limit}"
            : options.Action is "forget" or "lift" ? PrivacyRoutes.ProblemOf(options.Subject!, options.Reason) : null;
        if (problem is not null)
        {
            return Task.FromResult(Wrong(problem));
        }

        if (options is { Action: "verify", Key: { } key })
        {
            return Task.FromResult(Verify(ReceiptOf(options.Subject!), key));
        }

        if (options.Action == "export")
        {
            return ConfigFile.Load(ConfigFile.Locate(options.Config)) is { } loaded ? ExportAsync(options, loaded) : Task.FromResult(ExitCode.BadConfiguration);
        }

        return ControlAccess.UseAsync(options.Config, (control, config) => options.Action switch
        {
            "verify" => VerifyAsync(control, ReceiptOf(options.Subject!)),
            "folders" => ListFoldersAsync(control, config),
            "unregister" => UnregisterAsync(control, options.Subject!),
            _ => RunAsync(options, mode, control, config),
        });
    }

    static async Task<int> RunAsync(PrivacyOptions options, ErasureMode mode, ControlDatabase control, CartRecoveryConfig config)
    {
        if (StoreOf(options, config) is not { } store)
        {
            return Wrong($"--store: expected one of {string.Join(", ", config.Stores.Select(s => s.Id))}, got '{options.Store}'");
        }

        var requests = new ErasureRequests(control, new Tombstones(control));
        try
        {
            switch (options.Action)
            {
                case "forget":
                    var request = await requests.AddAsync(
                        PrivacyServices.FolderIdOf(ControlAccess.SecretOf(config)), store.Id, options.Subject!, mode, options.Reason, AuditEvent.Command, address: null);
                    Console.WriteLine($"request  {request.Id}");
                    Console.Error.WriteLine("A running engine erases the person. See privacy status.");
                    return ExitCode.Success;
                case "lift":
                    return await requests.LiftAsync(store.Id, options.Subject!, AuditEvent.Command, address: null)
                        ? Done("lifted: events of the person are accepted again") : Failed($"the store {store.Id} has not forgotten this person");
                case "status":
                    return await requests.FindAsync(store.Id, options.Subject!) is { } found
                        ? Print(found, options.Json, details: true) : Failed($"the store {store.Id} has no request {options.Subject}; privacy list prints those that it has");
                default:
                    (await requests.ListAsync(store.Id, before: null, options.Limit)).ForEach(item => Print(item, options.Json, details: false));
                    return ExitCode.Success;
            }
        }
        catch (ControlRefusalException e)
        {
            return Failed($"{e.Code}: {e.Message}");
        }
    }

    static StoreConfig? StoreOf(PrivacyOptions options, CartRecoveryConfig config) =>
        options.Store is null && config.Stores is [var only] ? only : config.Stores.Find(store => store.Id == options.Store);

    // Asks the running engine: it has the carts in memory, and the keys.
    static async Task<int> ExportAsync(PrivacyOptions options, CartRecoveryConfig config)
    {
        if (StoreOf(options, config) is not { } store)
        {
            return Wrong($"--store: expected one of {string.Join(", ", config.Stores.Select(s => s.Id))}, got '{options.Store}'");
        }

        try
        {
            using var client = EngineClient.For(config, store.Id, Timeout.InfiniteTimeSpan);
            using var response = await client.GetAsync($"/v1/gdpr/export/{Uri.EscapeDataString(options.Subject!)}?format={options.Format}", HttpCompletionOption.ResponseHeadersRead);
            if (!response.IsSuccessStatusCode)
            {
                return Failed($"the engine responded with {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
            }

            await using var output = options.Out is { } path ? File.Create(path) : Console.OpenStandardOutput();
            await response.Content.CopyToAsync(output);
            return ExitCode.Success;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
        {
            return Failed($"the export could not be read from the engine at {EngineClient.AddressOf(config)}, which must run: {e.Message}");
        }
    }

    static int Print(ErasureRequest request, bool json, bool details)
    {
        var item = ErasureItem.Of(request);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(item, ApiJson.Default.ErasureItem));
            return ExitCode.Success;
        }

        Console.WriteLine(TerminalText.Clean($"{item.Id}  {item.State,-9}  {item.Mode,-9}  {Time(item.RequestedAt)}  {item.RequestedBy}  {item.Person}  {item.Reason}".TrimEnd()));
        foreach (var other in details ? item.Elsewhere : [])
        {
            Console.WriteLine(TerminalText.Clean($"  data folder {other.Folder}: {other.State}, request {other.RequestId}  {other.Problem}".TrimEnd()));
        }

        foreach (var step in details ? item.Steps : [])
        {
            Console.WriteLine(TerminalText.Clean(string.Create(CultureInfo.InvariantCulture,
                $"  {step.Name,-12}  {step.State,-9}  {(step.CompletedAt is { } at ? Time(at) : "")}  {string.Join(", ", step.Counts.Where(count => count.Value > 0).Select(count => $"{count.Value} {count.Key}"))}").TrimEnd()));
        }

        if (details && item.Problem is { } problem)
        {
            Console.WriteLine(TerminalText.Clean($"  the last attempt failed: {problem}"));
        }

        if (details && item.Receipt is { } receipt)
        {
            Console.WriteLine(receipt);
        }

        return ExitCode.Success;
    }

    static async Task<int> ListFoldersAsync(ControlDatabase control, CartRecoveryConfig config)
    {
        var own = PrivacyServices.FolderIdOf(ControlAccess.SecretOf(config));
        foreach (var (folder, startedAt) in await new ErasureFolders(control).ListAsync())
        {
            Console.WriteLine($"{folder}  last start {Time(startedAt.UtcDateTime)}{(folder == own ? "  this folder" : "")}");
        }

        return ExitCode.Success;
    }

    static async Task<int> UnregisterAsync(ControlDatabase control, string folder) => await new ErasureFolders(control).RemoveAsync(folder, AuditEvent.Command)
        ? Done($"{folder} is unregistered: erasures do not wait for its engine any more") : Failed($"no engine with the data folder {folder} shares the control database; see privacy folders");

    static async Task<int> VerifyAsync(ControlDatabase control, string receipt)
    {
        if (await new Receipts(control).VerifyAsync(receipt) is not var (message, key, publicKey))
        {
            return Failed("receipt_invalid: the receipt was altered or truncated, or another installation signed it");
        }

        Console.Error.WriteLine($"valid: signed by the key {key}, {Convert.ToBase64String(publicKey)}");
        return Done(Encoding.UTF8.GetString(message));
    }

    static int Verify(string receipt, string key)
    {
        var bytes = new byte[32];
        if (!Convert.TryFromBase64String(key, bytes, out var length) || length != bytes.Length)
        {
            return Wrong($"--key: expected 32 bytes in base64, got '{key}'");
        }

        return Receipts.Verify(receipt, bytes) is { } message ? Done(Encoding.UTF8.GetString(message)) : Failed("receipt_invalid: the receipt was altered or truncated, or another key signed it");
    }

    static string ReceiptOf(string subject) => File.Exists(subject) && new FileInfo(subject).Length <= Receipts.MaxLength ? File.ReadAllText(subject).Trim() : subject;

    static string Time(DateTime time) => time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    static int Done(string text)
    {
        Console.WriteLine(TerminalText.Clean(text));
        return ExitCode.Success;
    }

    static int Failed(string problem)
    {
        Console.Error.WriteLine($"error: {problem}");
        return ExitCode.Failed;
    }

    static int Wrong(string problem)
    {
        Console.Error.WriteLine($"error: {problem}");
        return ExitCode.BadUsage;
    }
}
