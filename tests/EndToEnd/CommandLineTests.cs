using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>The commands that run to completion.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable(ParallelScope.Children)]
public sealed class CommandLineTests
{
    static readonly string s_config = Path.Combine(Repository.Root, "config");

    [TestCase("Unknown command 'fly'.\n", "fly")]
    [TestCase("Unknown command 'relpay'. Did you mean 'replay'?\nRun 'cartrecovery help' for the list of commands.\n", "relpay")]
    [TestCase("Unknown command 'exprot'. Did you mean 'export'?", "help", "exprot")]
    [TestCase("Unknown option '--verson'. Did you mean '--version'?", "--verson")]
    [TestCase("Unknown option '--fast' of 'run'.\n", "run", "--fast")]
    [TestCase("Unknown option '--secnds' of 'demo'. Did you mean '--seconds'?\nRun 'cartrecovery help demo' for its options.\n", "demo", "--secnds", "3")]
    [TestCase("Option '--seconds' expects a number.", "demo", "--seconds", "many")]
    [TestCase("Option '--config' needs a value.", "run", "--config")]
    [TestCase("Unexpected argument 'shop.yaml' of 'run'. Did you mean '--config shop.yaml'?", "run", "shop.yaml")]
    [TestCase("An argument is missing. Usage: cartrecovery models fit|list|add|show|diff|alias|rollback|history|delete [MODEL] [VERSION] [options]", "models")]
    [TestCase("--port and --stream-port: expected 0 to 65535", "demo", "--port", "65536")]
    [TestCase("--store: expected 1 to 64 bytes without spaces, got 'my shop'", "init", "--store", "my shop")]
    [TestCase("--store: expected 1 to 64 bytes", "init", "--store", "ñññññññññññññññññññññññññññññññññ")]
    [TestCase("Option '--config' needs a value.", "init", "--config", "")]
    [TestCase("Option '--config' needs a value.", "check", "--config=")]
    [TestCase("Option '--events' needs a value.", "models", "fit", "--events", "")]
    [TestCase("Unexpected argument 'x'.", "--version", "x")]
    [TestCase("--origin: expected an origin", "init", "--origin", "shop")]
    [TestCase("give --dir or --config, not both", "init", "--dir", "a", "--config", "b")]
    [TestCase("unknown action 'melt'; expected fit, list, add, show, diff, alias, rollback, history or delete", "models", "melt")]
    [TestCase("unknown action 'melt'; expected check or test", "alerts", "melt", "rules.yml")]
    [TestCase("--seconds: expected 1 to 3600", "demo", "--seconds", "0")]
    [TestCase("unknown stream 'carts'; expected events, decisions or deliveries", "tap", "carts")]
    [TestCase("--interval: expected 0.1 to 60 seconds, got 0", "top", "--interval", "0")]
    [TestCase("No command given.")]
    public async Task An_unknown_command_or_option_is_a_usage_error(string message, params string[] arguments)
    {
        var finished = await RunAsync(arguments);

        Assert.That(finished.ExitCode, Is.EqualTo(2), finished.ToString);
        Assert.That(finished.Errors, Does.Contain(message));
        Assert.That(finished.Output, Is.Empty);
    }

    [TestCase("help")]
    [TestCase("check --schema")]
    public async Task Output_that_cannot_be_written_is_an_error_without_a_trace(string command)
    {
        using var scratch = new Scratch();
        await using var process = new EngineOutput(EngineBinary.StartThrough(["sh", "-c", "\"$0\" \"$@\" >/dev/full"], scratch.Folder, command.Split(' ')));
        var finished = await process.EndAsync();

        Assert.That(finished.ExitCode, Is.EqualTo(1), finished.ToString);
        Assert.That(finished.Errors, Does.StartWith("error: ").And.Not.Contain("   at "));
    }

    [TestCase("--help")]
    [TestCase("-h")]
    [TestCase("help")]
    public async Task Help_lists_the_commands_and_examples(string argument)
    {
        var finished = await RunAsync(argument);

        Assert.That(finished.ExitCode, Is.Zero);
        Assert.That(finished.Errors, Is.Empty);
        using (Assert.EnterMultipleScope())
        {
            foreach (var verb in new[] { "run", "demo", "init", "check", "users", "audit", "privacy", "models", "campaigns", "list", "top", "tap", "deadletters", "replay", "export", "offpolicy", "alerts", "version", "help" })
            {
                Assert.That(finished.Output, Does.Match($@"(?m)^  {verb} +\S"), verb);
            }

            foreach (var example in new[] { "cartrecovery demo", "cartrecovery check --config shop.yaml", "cartrecovery run --config shop.yaml" })
            {
                Assert.That(finished.Output, Does.Contain(example));
            }

            Assert.That(finished.Output, Does.Contain("78 wrong configuration"));
        }
    }

    [TestCase("run", "--config")]
    [TestCase("demo", "--seconds")]
    [TestCase("init", "--store")]
    [TestCase("check", "--schema")]
    [TestCase("users", "--role")]
    [TestCase("audit", "--action")]
    [TestCase("privacy", "--mode")]
    [TestCase("models", "--events")]
    [TestCase("top", "--interval")]
    [TestCase("tap", "--sample")]
    [TestCase("deadletters", "--code")]
    [TestCase("replay", "--partitions")]
    [TestCase("export", "--format")]
    [TestCase("offpolicy", "--from-outreach")]
    public async Task Help_of_a_command_lists_its_options_and_examples(string verb, string option)
    {
        var finished = await RunAsync("help", verb);
        var same = await RunAsync(verb, "--help");

        Assert.That((finished.ExitCode, finished.Errors), Is.EqualTo((0, "")), finished.ToString);
        Assert.That(same, Is.EqualTo(finished));
        Assert.That(finished.Output, Does.Contain($"\nUsage: cartrecovery {verb}").And.Match($@"(?m)^  .*{option}[ =]"));
        var examples = finished.Output[finished.Output.IndexOf("\nExamples:\n", StringComparison.Ordinal)..].Split('\n').Where(line => line.StartsWith("  ", StringComparison.Ordinal));
        Assert.That(examples, Is.Not.Empty.And.All.StartWith($"  cartrecovery {verb}"));
    }

    [TestCase("version")]
    [TestCase("--version")]
    public async Task Version_prints_the_build_and_its_runtime(string argument)
    {
        var finished = await RunAsync(argument);

        Assert.That(finished.ExitCode, Is.Zero);
        Assert.That(finished.Output, Does.Match(@"^cartrecovery \d+\.\d+\.\d+ \((commit [0-9a-f]{12}, )?\.NET \d[^,]*, \w+-\w+\)\n$"));
    }

    [Test]
    public async Task Check_accepts_the_shipped_configuration()
    {
        var path = Path.Combine(s_config, "cartrecovery.yaml");

        var finished = await RunAsync("check", "--config", path);

        Assert.That(finished.ExitCode, Is.Zero, finished.ToString);
        // Redirected tables are plain text.
        Assert.That(finished.Output, Does.StartWith($"{path}: no problems\nPART       COUNT  WHAT\nstores         1  demo\ncampaigns      3  valuable-cart-left, "));
        Assert.That(finished.Output, Does.Match(@"(?m)^model +1  purchase@\S+, /\S+/purchase\.onnx$").And.Not.Contain("\e"));
    }

    [Test]
    public async Task The_containers_configuration_takes_keys_from_the_environment()
    {
        using var scratch = new Scratch();
        string[] arguments = ["check", "--config", Path.Combine(s_config, "container.yaml")];

        var without = await EngineBinary.RunAsync(scratch.Folder, arguments);
        var with = await EngineBinary.RunAsync(scratch.Folder, arguments, ("CARTRECOVERY_PUBLISHABLE_KEY", "pk_1"),
            ("CARTRECOVERY_SECRET_KEY", "sk_0123456789abcdef"), ("CARTRECOVERY_ORIGIN", "https://shop.example"));

        Assert.That(without.ExitCode, Is.EqualTo(78), without.ToString);
        foreach (var name in new[] { "CARTRECOVERY_PUBLISHABLE_KEY", "CARTRECOVERY_SECRET_KEY", "CARTRECOVERY_ORIGIN" })
        {
            Assert.That(without.Errors, Does.Contain($"the environment variable {name} is not set"));
        }

        Assert.That(with.ExitCode, Is.Zero, with.ToString);
    }

    [Test]
    public async Task Check_prints_the_shipped_schema()
    {
        var finished = await RunAsync("check", "--schema");

        Assert.That(finished.ExitCode, Is.Zero);
        Assert.That(finished.Output, Is.EqualTo(await File.ReadAllTextAsync(Path.Combine(s_config, "cartrecovery.schema.json"))));
    }

    static async Task<ProcessResult> RunAsync(params string[] arguments)
    {
        using var scratch = new Scratch();
        return await EngineBinary.RunAsync(scratch.Folder, arguments);
    }
}
