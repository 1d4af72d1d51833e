using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using CartRecovery.Host.Commands.Backtest;
using CartRecovery.Host.Commands.Control;
using CartRecovery.Host.Commands.Maintenance;
using CartRecovery.Host.Commands.Monitoring;
using CartRecovery.Host.Commands.Serving;
using CartRecovery.Host.Commands.Setup;
using CommandLine;

namespace CartRecovery.Host.Commands;

/// <summary>A command: its options, examples and action.</summary>
sealed class Command
{
    const DynamicallyAccessedMemberTypes Everything = DynamicallyAccessedMemberTypes.All;

    readonly Func<object, Task<int>> _run;

    Command([DynamicallyAccessedMembers(Everything)] Type options, string examples, Func<object, Task<int>> run)
    {
        Options = options;
        Examples = examples;
        _run = run;
        var verb = options.GetCustomAttribute<VerbAttribute>()!;
        (Name, Summary) = (verb.Name, verb.HelpText);
        var properties = options.GetProperties();
        OptionsOf = [.. properties.Select(p => (p.GetCustomAttribute<OptionAttribute>(), p.PropertyType == typeof(bool)))
            .Where(o => o.Item1 is not null).Select(o => new CommandOption($"--{o.Item1!.LongName}", o.Item1.ShortName, o.Item2))];
        var values = properties.Where(p => p.GetCustomAttribute<ValueAttribute>() is not null).ToList();
        MaxValues = values.Exists(p => p.PropertyType != typeof(string)) ? int.MaxValue : values.Count;
        var arguments = values.Select(p => p.GetCustomAttribute<ValueAttribute>()!).Select(v => v.Required ? $" {v.MetaName}" : $" [{v.MetaName}]");
        Usage = $"cartrecovery {Name}{string.Concat(arguments)}{(OptionsOf.Count > 0 ? " [options]" : "")}";
    }

    /// <summary>The name on the command line.</summary>
    public string Name { get; }

    /// <summary>What it does, in one sentence.</summary>
    public string Summary { get; }

    /// <summary>The usage line.</summary>
    public string Usage { get; }

    /// <summary>Example command lines, one per line, with explanations.</summary>
    public string Examples { get; }

    /// <summary>The options class that the parser fills.</summary>
    [DynamicallyAccessedMembers(Everything)]
    public Type Options { get; }

    /// <summary>Its options.</summary>
    public IReadOnlyList<CommandOption> OptionsOf { get; }

    /// <summary>The number of positional arguments.</summary>
    public int MaxValues { get; }

    /// <summary>Declares a command. The parser reads its options by reflection, so the trimmer must keep them.</summary>
    public static Command Of<[DynamicallyAccessedMembers(Everything)] T>(string examples, Func<T, Task<int>> run) =>
        new(typeof(T), examples, options => run((T)options));

    /// <summary>Declares a synchronous command.</summary>
    public static Command Of<[DynamicallyAccessedMembers(Everything)] T>(string examples, Func<T, int> run) =>
        new(typeof(T), examples, options => Task.FromResult(run((T)options)));

    /// <summary>Runs the command.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> RunAsync(object options) => _run(options);
}

/// <summary>An option of a command.</summary>
/// <param name="Name">The long name, with its dashes.</param>
/// <param name="ShortName">The short name without its dash; empty if there is none.</param>
/// <param name="IsSwitch">Whether it takes no value.</param>
sealed record CommandOption(string Name, string ShortName, bool IsSwitch);

/// <summary>The commands, in the order of the help.</summary>
static class CommandTable
{
    public static IReadOnlyList<Command> All { get; } =
    [
        Command.Of<RunOptions>("""
              cartrecovery run                                     with the default configuration
              cartrecovery run --config shop.yaml                  with your own
              cartrecovery run --dry-run                           what would an upgrade do to the data folder?
            """, RunCommand.RunAsync),
        Command.Of<DemoOptions>("""
              cartrecovery demo                                    three hours of a real shop in 20 seconds
              cartrecovery demo --keep                             ... then a shop in your browser, to abandon a cart in
              cartrecovery demo --port 9090                        on the ports 9090 and 9091; --port 0 takes free ones
            """, DemoCommand.RunAsync),
        Command.Of<InitOptions>("""
              cartrecovery init                                    write cartrecovery.yaml here, with fresh keys
              cartrecovery init --dir shop --store my-shop         in the folder shop, for the store my-shop
              cartrecovery init --origin https://shop.example      ... with its pages at this origin
            """, InitCommand.RunAsync),
        Command.Of<CheckOptions>("""
              cartrecovery check --config shop.yaml                print every mistake as file:line:column: error: …
              cartrecovery check --schema > schema.json            the schema, for an editor
            """, CheckCommand.RunAsync),
        Command.Of<KeysOptions>("""
              cartrecovery keys add warehouse --scopes analytics:read --expires 90d   a key that works at once
              cartrecovery keys list                               the keys, who made them, and when they were last used
              cartrecovery keys new                                a random secret key, and its hash for the configuration
              cartrecovery keys hash < key.txt                     the hash of a key that is there already
            """, KeysCommand.RunAsync),
        Command.Of<UsersOptions>("""
              cartrecovery users add ada@shop.example --role admin                  prints a token to set a password with
              cartrecovery users add ben@shop.example --role marketer@shop,viewer   a role in one store, and one in all
              cartrecovery users reset ada@shop.example --totp                      a new password, without the lost authenticator app
            """, UsersCommand.RunAsync),
        Command.Of<RolesOptions>("""
              cartrecovery roles list                              the roles, and what each may do
              cartrecovery roles add buyer --permissions products:read,products:write
            """, RolesCommand.RunAsync),
        Command.Of<SettingsOptions>("""
              cartrecovery config diff                             what the settings change in the configuration file
              cartrecovery config set limits.batch 500 --reason "smaller messages"
              cartrecovery config rollback 3                       the settings of version 3 again
            """, SettingsCommand.RunAsync),
        Command.Of<JobsOptions>("""
              cartrecovery jobs list                               what runs when, and how it last ended
              cartrecovery jobs run upkeep --wait                  run one now, and wait for its end
              cartrecovery jobs history upkeep                     its runs; --run ID shows what one logged
            """, JobsCommand.RunAsync),
        Command.Of<AuditOptions>("""
              cartrecovery audit list --action user.               who changed users, and who logged in
              cartrecovery audit verify                            was the list altered?
            """, AuditCommand.RunAsync),
        Command.Of<PrivacyOptions>("""
              cartrecovery privacy forget c-4711 --reason "ticket 12"   erase a customer, and refuse their events
              cartrecovery privacy status 0198…                    how far it is, and the signed receipt
              cartrecovery privacy export c-4711 --format zip --out c-4711.zip
              cartrecovery privacy verify receipt.txt              was the receipt altered?
            """, PrivacyCommand.RunAsync),
        Command.Of<BackupOptions>("""
              cartrecovery backup --to /mnt/backups                while the engine runs, or not; only what has changed is copied
              cartrecovery backup list /mnt/backups                the backups of a folder
              cartrecovery backup verify /mnt/backups              is the newest as it was stored?
              cartrecovery backup unregister /mnt/backups          its backups are deleted
            """, BackupCommand.RunAsync),
        Command.Of<RestoreOptions>("""
              cartrecovery restore --from /mnt/backups --to data   the newest backup, into an empty folder
              cartrecovery restore --from /mnt/backups --at ID     another one, to the configured data folder
            """, BackupCommand.RestoreAsync),
        Command.Of<ModelsOptions>("""
              cartrecovery models fit                              fit the shipped model again
              cartrecovery models fit --events log.csv.gz --out models/shop.onnx
              cartrecovery models add models/shop.onnx             register it; the folder of an MLflow model works as well
              cartrecovery models alias champion purchase@3f2a9b --why "AUC 0.71"   it decides, within a second
              cartrecovery models rollback purchase                the former champion again
            """, ModelsCommand.RunAsync),
        Command.Of<CampaignsOptions>("""
              cartrecovery campaigns list                          the campaigns, and which are paused
              cartrecovery campaigns pause reminder                start no more series, and hold due messages
              cartrecovery campaigns preview reminder --step 2     a message with sample lines; nothing is sent
              cartrecovery campaigns preview reminder --out page.html   all its messages, for a browser
              cartrecovery campaigns test reminder --to ada@shop.example
            """, CampaignsCommand.RunAsync),
        Command.Of<ListOptions>("""
              cartrecovery list carts                              those that triggered a campaign, the latest first
              cartrecovery list suppressions --limit 1000 --json   addresses that are not written to
            """, ListCommand.RunAsync),
        Command.Of<TopOptions>("""
              cartrecovery top                                     rates, latencies, queues, sinks and lag, until Ctrl+C
              cartrecovery top --once                              one frame, for a script
            """, TopCommand.RunAsync),
        Command.Of<TapOptions>("""
              cartrecovery tap events --type purchase              purchases as they come in, until Ctrl+C
              cartrecovery tap decisions --campaign reminder       whom the campaign contacts, and whom it does not
              cartrecovery tap deliveries --limit 20 --json        the next 20 messages that reached their end
            """, TapCommand.RunAsync),
        Command.Of<DeadLettersOptions>(DeadLettersCommand.Examples, DeadLettersCommand.RunAsync),
        Command.Of<ReplayOptions>("""
              cartrecovery replay --model new.onnx                 what would another model have decided?
              cartrecovery replay --from 7d --config other.yaml    other campaigns, on the last week
              cartrecovery replay --events events.ndjson.gz --json events from a file; the report as JSON
            """, ReplayCommand.Run),
        Command.Of<ExportOptions>("""
              cartrecovery export --from 24h > events.ndjson       the last day's events
              cartrecovery export --format csv --out events.csv    all events, for a spreadsheet
            """, ExportCommand.Run),
        Command.Of<RepartitionOptions>("""
              cartrecovery repartition --partitions 16 --dry-run   how long would it take?
              cartrecovery repartition --partitions 16             write the data folder of a stopped engine for 16 cores
            """, RepartitionCommand.Run),
        Command.Of<OffPolicyOptions>("""
              cartrecovery offpolicy --from-outreach data          what always sending one offer would have earned
              cartrecovery offpolicy --log choices.csv --uplift mens --against none
            """, OffPolicyCommand.Run),
        Command.Of<AlertsOptions>("""
              cartrecovery alerts check rules.yml                  print every mistake as file:line:column: error: …
              cartrecovery alerts test rules.test.yml              run the rules' tests in virtual time
            """, AlertsCommand.Run),
        Command.Of<VersionOptions>("""
              cartrecovery version                                 also: cartrecovery --version
            """, VersionCommand.Run),
    ];

    /// <summary>Returns the command with this name.</summary>
    public static Command? Find(string name) => All.FirstOrDefault(command => command.Name == name);

    /// <summary>Returns the command with these options.</summary>
    public static Command Of(Type options) => All.First(command => command.Options == options);
}
