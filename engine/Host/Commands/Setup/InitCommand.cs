using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Host.Commands.Control;

namespace CartRecovery.Host.Commands.Setup;

/// <summary><c>init</c>: writes a working configuration with fresh keys.</summary>
static class InitCommand
{
    public static async Task<int> RunAsync(InitOptions options)
    {
        if (WrongUsage(options) is { } wrong)
        {
            Console.Error.WriteLine($"error: {wrong}");
            return ExitCode.BadUsage;
        }

        var path = options.Config ?? Path.Combine(options.Dir ?? "", "cartrecovery.yaml");
        var (publishable, secret) = (KeysCommand.New(KeyKind.Publishable), KeysCommand.New(KeyKind.Secret));
        try
        {
            Write(path, Text(options, Path.GetFullPath(path), publishable, secret), options.Force);
        }
        catch (IOException) when (!options.Force && File.Exists(path))
        {
            Console.Error.WriteLine($"error: {path} exists and was not changed. Write another file with --config FILE, or overwrite it and its keys with --force");
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"error: {path} cannot be written: {e.Message}");
            return ExitCode.Failed;
        }

        if (ConfigFile.Load(path, needsModel: true) is not { } config)
        {
            return ExitCode.BadConfiguration;
        }

        PrintNext(path, config, publishable, secret);
        return options.Admin is { } admin ? await UsersCommand.AddAdminAsync(config, admin) : ExitCode.Success;
    }

    static string? WrongUsage(InitOptions options) =>
        options.Dir is not null && options.Config is not null ? "give --dir or --config, not both"
        : Encoding.UTF8.GetByteCount(options.Store) is 0 or > EventSlab.MaxIdLength || options.Store.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            || options.Store.Contains("${", StringComparison.Ordinal)
            ? $"--store: expected 1 to {EventSlab.MaxIdLength} bytes without spaces, got '{options.Store}'"
        : Path.GetFullPath(options.Config ?? options.Dir ?? ".").Contains("${", StringComparison.Ordinal)
            ? "the folder's name contains ${, which a configuration would expand; choose another folder"
        : options.Origin is not null && !OriginPattern.TryParse(options.Origin, out _)
            ? $"--origin: expected {OriginPattern.Form}, got '{options.Origin}'"
        : options.Admin is not null && UsersCommand.ProblemOf(options.Admin) is { } problem ? $"--admin: {problem}"
        : null;

    // Readable by its owner only, because it holds the secret key.
    static void Write(string path, string text, bool overwrite)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // A new file takes the place of an existing one, whose mode may let others read.
        var target = overwrite ? $"{path}.{Environment.ProcessId}.tmp" : path;
        using (var file = new StreamWriter(target, options))
        {
            file.Write(text);
        }

        if (overwrite)
        {
            File.Move(target, path, overwrite: true);
        }
    }

    static string Text(InitOptions options, string path, string publishable, string secret)
    {
        var origins = options.Origin is { } origin ? Quote(origin) : "\"http://localhost:*\", \"http://127.0.0.1:*\"";
        return $$$"""
            # CartRecovery's configuration for one shop, written by `cartrecovery init`. Absent keys have their defaults.
            # config/cartrecovery.yaml, shipped with the program, explains every key. Check this file with: cartrecovery check

            listen:
              http: 127.0.0.1:8080      # API, /sdk.js, /metrics, /health
              stream: 127.0.0.1:8081    # event streams

            data: {{{Quote(Path.Combine(Path.GetDirectoryName(path)!, "data"))}}}

            stores:
              - id: {{{Quote(options.Store)}}}
                timezone: UTC           # an IANA name, like Europe/Amsterdam
                currency: USD           # of events without one
                # cartUrl: https://shop.example/cart    the cart page; links in messages lead there
                keys:
                  # For the shop's pages. Works only on these origins; add your shop's, like https://shop.example
                  - key: {{{publishable}}}
                    kind: publishable
                    origins: [{{{origins}}}]
                  # For the shop's servers. Keep it secret.
                  - key: {{{secret}}}
                    kind: secret

            decisions:
              campaigns:
                - name: valuable-cart-left
                  trigger: { idle: 15m }
                  when:
                    - { feature: item_count, atLeast: 1 }
                    - { feature: cart_value, atLeast: 100 }
                  action: { type: discount, percent: 10 }
                  channel: socket       # the shopper's own page; add a sink for e-mail, SMS, push or a webhook
                  message: "Your cart ({{ cart.total | money }}) is waiting: {{ offer.discount_percent }}% off if you finish now."

                - name: cart-left
                  trigger: { idle: 20m }
                  when:
                    - { feature: item_count, atLeast: 1 }
                  action: { type: reminder }
                  channel: socket
                  message: "Your cart ({{ cart.total | money }}) is still here for you."

            """;
    }

    // A JSON string is also a YAML string.
    static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    static void PrintNext(string path, CartRecoveryConfig config, string publishable, string secret)
    {
        var http = $"http://{config.Listen.Http}";
        var file = path.All(c => char.IsLetterOrDigit(c) || "/._-+:\\".Contains(c)) ? path : $"'{path.Replace("'", "'\\''")}'";
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $$"""
            Wrote {{path}}: store {{config.Stores[0].Id}}, with a new publishable and a new secret key.

            Next:

              cartrecovery check --config {{file}}
              cartrecovery run --config {{file}}
              curl {{http}}/v1/events -H 'X-Api-Key: {{secret}}' -H 'Content-Type: application/json' -d '{"ts":{{now}},"id":"e1","type":"add_to_cart","cartId":"c1","productId":"p1","price":19.99}'

            In your shop's pages, after adding their address to the key's origins:

              <script src="{{http}}/sdk.js" data-key="{{publishable}}" defer></script>
            """));
    }
}
