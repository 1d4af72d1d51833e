using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Host.Api.Keys;
using CartRecovery.Host.Commands.Setup;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Control;

/// <summary>Implements <c>keys add|list|rotate|revoke</c>: manages a store's API keys, beside a running engine or without one.</summary>
static class ApiKeysCommand
{
    public static Task<int> RunAsync(KeysOptions options)
    {
        if (options.Action != "list" && string.IsNullOrWhiteSpace(options.Subject))
        {
            return Task.FromResult(Wrong($"keys {options.Action}: expected {(options.Action == "add" ? "a name" : "an id, which keys list prints")}"));
        }

        return ControlAccess.UseAsync(options.Config, (control, config) => RunAsync(options, control, config));
    }

    static async Task<int> RunAsync(KeysOptions options, ControlDatabase control, CartRecoveryConfig config)
    {
        var store = options.Store is null && config.Stores is [var only] ? only : config.Stores.Find(store => store.Id == options.Store);
        if (store is null)
        {
            return Wrong($"--store: expected one of {string.Join(", ", config.Stores.Select(s => s.Id))}, got '{options.Store}'");
        }

        var keys = new ApiKeyStore(control);
        try
        {
            return options.Action switch
            {
                "add" => await AddAsync(options, store, keys, control.Time.GetUtcNow()),
                "rotate" => await RotateAsync(options, store, keys),
                "revoke" => await keys.RevokeAsync(store.Id, options.Subject!, AuditEvent.Command, address: null) ? Done($"revoked: {options.Subject}") : Unknown(options, store),
                _ => await ListAsync(store, keys, control.Time.GetUtcNow()),
            };
        }
        catch (ControlRefusalException e)
        {
            Console.Error.WriteLine($"error: {e.Code}: {e.Message}");
            return ExitCode.Failed;
        }
    }

    static async Task<int> AddAsync(KeysOptions options, StoreConfig store, ApiKeyStore keys, DateTimeOffset now)
    {
        var life = TimeSpan.Zero;
        if (options.Expires is { } text && (!DurationText.TryParse(text, out life) || life > DateTimeOffset.MaxValue - now))
        {
            return Wrong($"--expires: expected {DurationText.Form}, got '{text}'");
        }

        var (settings, problem) = ApiKeyRequest.Read(new ApiKeyBody(options.Subject, options.Kind, options.Scopes?.Split(',', StringSplitOptions.TrimEntries),
            options.Origins?.Split(',', StringSplitOptions.TrimEntries), ExpiresAt: options.Expires is null ? null : now + life, EventsPerDay: options.EventsPerDay), now);
        return settings is null ? Wrong($"--{problem}") : Show(await keys.AddAsync(store.Id, settings, AuditEvent.Command, address: null));
    }

    static async Task<int> RotateAsync(KeysOptions options, StoreConfig store, ApiKeyStore keys)
    {
        if (!DurationText.TryParse(options.Overlap, out var overlap) || overlap > ApiKeyStore.MaxOverlap)
        {
            return Wrong($"--overlap: expected {DurationText.Form}, at most {DurationText.Write(ApiKeyStore.MaxOverlap)}; got '{options.Overlap}'");
        }

        return await keys.FindAsync(store.Id, options.Subject!) is { } former
            ? Show(await keys.RotateAsync(former, overlap, AuditEvent.Command, address: null)) : Unknown(options, store);
    }

    static async Task<int> ListAsync(StoreConfig store, ApiKeyStore keys, DateTimeOffset now)
    {
        foreach (var key in (await keys.ListAsync(store.Id)).Select(key => ApiKeyItem.Of(key, now)))
        {
            Console.WriteLine(TerminalText.Clean($"{key.Id}  {key.Kind,-11}  {key.State,-8}  {key.Hint}…  used {Day(key.LastUsedAt),-16}  until {Day(key.ExpiresAt),-16}  {key.Name}"));
        }

        foreach (var key in store.Keys)
        {
            Console.WriteLine($"{ApiKeyItem.IdOf((uint)KeyHash.OfConfigured(key.Key).D),-32}  {ApiKeyItem.NameOf(key.Kind),-11}  managed by the configuration");
        }

        return ExitCode.Success;
    }

    static int Show((ApiKey Key, string Text) issued)
    {
        Console.WriteLine($"id     {issued.Key.Id}");
        Console.WriteLine($"key    {issued.Text}");
        Console.Error.WriteLine("The key is shown once. It works within a second.");
        return ExitCode.Success;
    }

    static string Day(DateTime? time) => time?.ToString("yyyy-MM-ddTHH:mmZ", System.Globalization.CultureInfo.InvariantCulture) ?? "-";

    static int Unknown(KeysOptions options, StoreConfig store)
    {
        Console.Error.WriteLine(options.Subject!.StartsWith(ApiKeyItem.FileId, StringComparison.Ordinal)
            ? $"error: the configuration has the key {options.Subject}; change it there"
            : $"error: the store {store.Id} has no key {options.Subject}; keys list prints those that it has");
        return ExitCode.Failed;
    }

    static int Wrong(string problem)
    {
        Console.Error.WriteLine($"error: {problem}");
        return ExitCode.BadUsage;
    }

    static int Done(string text)
    {
        Console.WriteLine(TerminalText.Clean(text));
        return ExitCode.Success;
    }
}
