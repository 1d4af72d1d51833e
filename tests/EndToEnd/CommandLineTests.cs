using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>The verbs that end by themselves.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable(ParallelScope.Children)]
public sealed class CommandLineTests
{
    static readonly string s_config = Path.Combine(Repository.Root, "config");

    [TestCase("Verb 'fly' is not recognized", "fly")]
    [TestCase("Option 'fast' is unknown", "run", "--fast")]
    [TestCase("models cannot 'melt'", "models", "melt")]
    [TestCase("--seconds must be from 1 to 3600", "demo", "--seconds", "0")]
    [TestCase("No verb selected")]
    public async Task What_it_does_not_know_is_bad_usage(string message, params string[] arguments)
    {
        var finished = await RunAsync(arguments);

        Assert.That(finished.ExitCode, Is.EqualTo(2), finished.ToString);
        Assert.That(finished.Errors, Does.Contain(message));
        Assert.That(finished.Output, Is.Empty);
    }

    [Test]
    public async Task Help_shows_the_verbs_and_examples()
    {
        var finished = await RunAsync("--help");

        Assert.That(finished.ExitCode, Is.Zero);
        Assert.That(finished.Errors, Is.Empty);
        using (Assert.EnterMultipleScope())
        {
            foreach (var verb in new[] { "run", "demo", "check", "models", "deadletters", "offpolicy", "version" })
                Assert.That(finished.Output, Does.Match($@"(?m)^  {verb} +\S"), verb);
            foreach (var example in new[] { "cartrecovery demo", "cartrecovery check --config shop.yaml", "cartrecovery run --config shop.yaml" })
                Assert.That(finished.Output, Does.Contain(example));
            Assert.That(finished.Output, Does.Contain("78 bad configuration"));
        }
    }

    [TestCase("run", "--config")]
    [TestCase("demo", "--seconds")]
    [TestCase("check", "--schema")]
    [TestCase("models", "--events")]
    [TestCase("offpolicy", "--from-outreach")]
    public async Task Help_explains_a_verbs_options(string verb, string option)
    {
        var finished = await RunAsync(verb, "--help");

        Assert.That(finished.ExitCode, Is.Zero);
        Assert.That(finished.Output, Does.Contain(option));
    }

    [Test]
    public async Task Version_is_the_builds()
    {
        var finished = await RunAsync("version");

        Assert.That(finished.ExitCode, Is.Zero);
        Assert.That(finished.Output, Does.Match(@"^cartrecovery \d+\.\d+\.\d+\n$"));
    }

    [Test]
    public async Task Check_finds_nothing_in_the_shipped_configuration()
    {
        var path = Path.Combine(s_config, "cartrecovery.yaml");

        var finished = await RunAsync("check", "--config", path);

        Assert.That(finished.ExitCode, Is.Zero, finished.ToString);
        Assert.That(finished.Output, Does.StartWith($"{path}: fine (1 stores, 3 campaigns, 1 sinks, model purchase@"));
    }

    [Test]
    public async Task The_containers_configuration_wants_the_shops_keys_from_the_environment()
    {
        using var scratch = new Scratch();
        string[] arguments = ["check", "--config", Path.Combine(s_config, "container.yaml")];

        var without = await EngineBinary.RunAsync(scratch.Folder, arguments);
        var with = await EngineBinary.RunAsync(scratch.Folder, arguments, ("CARTRECOVERY_PUBLISHABLE_KEY", "pk_1"),
            ("CARTRECOVERY_SECRET_KEY", "sk_1"), ("CARTRECOVERY_ORIGIN", "https://shop.example"));

        Assert.That(without.ExitCode, Is.EqualTo(78), without.ToString);
        foreach (var name in new[] { "CARTRECOVERY_PUBLISHABLE_KEY", "CARTRECOVERY_SECRET_KEY", "CARTRECOVERY_ORIGIN" })
            Assert.That(without.Errors, Does.Contain($"the environment variable {name} is not set"));
        Assert.That(with.ExitCode, Is.Zero, with.ToString);
    }

    [Test]
    public async Task Check_prints_the_schema_that_is_shipped()
    {
        var finished = await RunAsync("check", "--schema");

        Assert.That(finished.ExitCode, Is.Zero);
        Assert.That(finished.Output, Is.EqualTo(await File.ReadAllTextAsync(Path.Combine(s_config, "cartrecovery.schema.json"))));
    }

    [Test]
    public async Task Demo_plays_the_night_and_sums_up()
    {
        using var scratch = new Scratch();
        // As it ships, but on free ports and with little memory.
        var text = (await File.ReadAllTextAsync(Path.Combine(s_config, "cartrecovery.yaml")))
            .Replace(": 127.0.0.1:8080", ": 127.0.0.1:0", StringComparison.Ordinal)
            .Replace(": 127.0.0.1:8081", ": 127.0.0.1:0", StringComparison.Ordinal)
            .Replace("carts: 1GB", "carts: 64MB", StringComparison.Ordinal)
            .Replace("models/purchase.onnx", Path.Combine(s_config, "models", "purchase.onnx"), StringComparison.Ordinal);
        var config = scratch.Write("demo.yaml", text);

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["demo", "--seconds", "2", "--config", config]);

        Assert.That(finished.ExitCode, Is.Zero, finished.ToString);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(finished.Output, Does.Match(@"(?m)^\d\d:\d\d:\d\d  socket  discount  Your cart \(\d+\.\d\d USD\) is waiting"));
            Assert.That(finished.Output, Does.Match(@"(?m)^ +because idle for 15m and .* \(score 0\.\d+"));
            Assert.That(finished.Output, Does.Match(@"(?m)^events +17,434 +in \d+\.\d s: [\d,]+ a second$"));
            Assert.That(finished.Output, Does.Match(@"(?m)^carts +5,066$"));
            Assert.That(finished.Output, Does.Match(@"(?m)^predictions +17,4\d\d +by purchase@"));
            Assert.That(finished.Output, Does.Match(@"(?m)^interventions +[1-9]\d* +[1-9]\d* reminder, [1-9]\d* discount, [1-9]\d* urgency$"));
            Assert.That(finished.Output, Does.Match(@"(?m)^latency +received to decided: p50 [\d.]+ ms, p99 [\d.]+ ms$"));
        }
    }

    static async Task<Finished> RunAsync(params string[] arguments)
    {
        using var scratch = new Scratch();
        return await EngineBinary.RunAsync(scratch.Folder, arguments);
    }
}
