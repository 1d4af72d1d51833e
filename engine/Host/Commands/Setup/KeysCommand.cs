using System.Text;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Host.Commands.Backtest;
using CartRecovery.Host.Commands.Control;
using CartRecovery.Host.Data;

namespace CartRecovery.Host.Commands.Setup;

/// <summary><c>keys</c>: looks after API keys, makes keys and their hashes for the configuration, and changes the master key.</summary>
static class KeysCommand
{
    // The shortest text that may have as much chance in it as a hash needs.
    const int MinLength = 24;

    public static Task<int> RunAsync(KeysOptions options) =>
        options.Action is "add" or "list" or "rotate" or "revoke" ? ApiKeysCommand.RunAsync(options) : Task.FromResult(Run(options));

    static int Run(KeysOptions options)
    {
        switch (options.Action)
        {
            case "new" when options.Kind is "secret" or "publishable":
                var key = New(options.Kind == "secret" ? KeyKind.Secret : KeyKind.Publishable);
                Console.WriteLine($"key    {key}");
                Console.WriteLine($"hash   {KeyHash.OfConfigured(key)}");
                return ExitCode.Success;
            case "new":
                Console.Error.WriteLine($"error: --kind: expected secret or publishable, got '{options.Kind}'");
                return ExitCode.BadUsage;
            case "hash":
                return Hash(Console.In.ReadLine()?.Trim() ?? "");
            case "rewrap":
                return Rewrap(options);
            default:
                Console.Error.WriteLine($"error: unknown action '{options.Action}'; expected add, list, rotate, revoke, new, hash or rewrap");
                return ExitCode.BadUsage;
        }
    }

    /// <summary>Makes a random key.</summary>
    public static string New(KeyKind kind) => ApiKeyText.New(kind);

    static int Rewrap(KeysOptions options)
    {
        if (ConfigFile.Load(ConfigFile.Locate(options.Config)) is not { } config)
        {
            return ExitCode.BadConfiguration;
        }

        return JournalFiles.Explain(_ =>
        {
            using var data = DataFolder.Open(config);
            FolderKeys.RewrapAsync(data, config, options.Former).GetAwaiter().GetResult();
            Console.WriteLine($"The keys in {data.Files.Keys} are encrypted under the configured master key now.");
            return ExitCode.Success;
        });
    }

    // Arguments are visible to every user of the machine, so the key comes on standard input.
    static int Hash(string key)
    {
        if (KeyHash.IsHash(key))
        {
            Console.Error.WriteLine("error: this is a hash already");
            return ExitCode.Failed;
        }

        if (key.Length < MinLength)
        {
            Console.Error.WriteLine($"error: the key has {key.Length} characters. A key of fewer than {MinLength} can be guessed from its hash; make one with: cartrecovery keys new");
            return ExitCode.Failed;
        }

        Console.WriteLine(KeyHash.Of(Encoding.UTF8.GetBytes(key)));
        return ExitCode.Success;
    }
}
