using System.Globalization;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;
using CartRecovery.Tests.Learning.OffPolicy;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary><c>offpolicy</c>: evaluates other policies by the choices of a file or of the engine.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable(ParallelScope.Children)]
public sealed class OffPolicyCommandTests
{
    [Test]
    public async Task A_file_is_evaluated_by_action_and_by_uplift()
    {
        using var scratch = new Scratch();
        scratch.Write("log.csv", Hillstrom.Csv("visit"));

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["offpolicy", "--log", "log.csv", "--uplift", "Womens E-Mail", "--against", "No E-Mail", "--segments", "newbie, channel", "--card", "mail.md"]);

        Assert.That((finished.ExitCode, finished.Errors), Is.EqualTo((0, "")), finished.ToString);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(finished.Output, Does.StartWith("38,400 choices among 3 actions, 18 features\n"));
            Assert.That(finished.Output, Does.Match(@"(?m)^0\.14755  0\.14400 to 0\.15110  mean +38,400 +1 +as logged$"));
            foreach (var action in new[] { "Mens E-Mail", "No E-Mail", "Womens E-Mail" })
            {
                foreach (var by in new[] { "IPS", "SNIPS", "DR" })
                {
                    Assert.That(finished.Output, Does.Match($@"(?m)^0\.\d+  0\.\d+ to 0\.\d+  {by} +12,\d+ +3 +always {action}$"));
                }
            }

            Assert.That(finished.Output, Does.Match(@"(?m)^uplift of Womens E-Mail against No E-Mail: 0\.04135 for all; the model's Qini 0\.\d+ \(0\.\d+ to 0\.\d+\), q0 0\.\d+$"));
            foreach (var segment in new[] { "newbie=0", "newbie=1", "channel=Web", "channel=Phone", "channel=Multichannel" })
            {
                Assert.That(finished.Output, Does.Match($@"(?m)^0\.\d+  0\.\d+ to 0\.\d+ +-?0\.\d+  -?0\.\d+ to 0\.\d+ +\d+,\d+  {segment}$"));
                Assert.That(File.ReadAllText(scratch.PathOf("mail.md")), Does.Contain($"| {segment} | "));
            }

            Assert.That(finished.Output, Does.Not.Contain("note:"));
        }
    }

    [Test]
    public async Task Propensities_that_contradict_the_choices_are_reported()
    {
        using var scratch = new Scratch();
        scratch.Write("log.csv", $"action,propensity,reward\n{string.Concat(Enumerable.Repeat("a,0.9,1\nb,0.9,0\n", 200))}");

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["offpolicy", "--log", "log.csv", "--policy", "a"]);

        Assert.That(finished.ExitCode, Is.Zero, finished.ToString);
        Assert.That(finished.Output, Does.Contain("note: the weights of 'always a' average 0.556 instead of 1"));
        Assert.That(finished.Output, Does.Not.Contain("always b"));
    }

    [TestCase("give either --log FILE", 2)]
    [TestCase("give either --log FILE", 2, "--log", "log.csv", "--from-outreach", "data")]
    [TestCase("--uplift and --against require each other", 2, "--log", "log.csv", "--uplift", "a")]
    [TestCase("--segments requires --uplift", 2, "--log", "log.csv", "--segments", "f")]
    [TestCase("--uplift requires --log", 2, "--from-outreach", "data", "--uplift", "a", "--against", "b")]
    [TestCase("'c' is not an action in the log; expected one of a, b", 1, "--log", "log.csv", "--policy", "c")]
    [TestCase("uplift needs one for all its choices", 1, "--log", "log.csv", "--uplift", "a", "--against", "b")]
    [TestCase("none.csv", 1, "--log", "none.csv")]
    [TestCase("bad.csv:3: the propensity must be above 0 and up to 1, not 0", 1, "--log", "bad.csv")]
    [TestCase("the engine has not used this folder", 1, "--from-outreach", "data")]
    public async Task Input_that_cannot_be_evaluated_is_reported(string message, int code, params string[] arguments)
    {
        using var scratch = new Scratch();
        scratch.Write("log.csv", "f,action,propensity,reward\n1,a,0.5,1\n2,b,0.5,0\n3,a,0.4,0\n");
        scratch.Write("bad.csv", "action,propensity,reward\na,0.5,1\nb,0,0\n");

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["offpolicy", .. arguments]);

        Assert.That(finished.ExitCode, Is.EqualTo(code), finished.ToString);
        Assert.That(finished.Errors, Does.Contain(message));
    }

    [Test]
    public async Task A_running_engines_choices_are_evaluated_by_step()
    {
        using var scratch = new Scratch();
        using var database = new Database(scratch.PathOf("outreach.db"));
        JourneySchema.Ensure(database);
        for (var i = 1; i <= 200; i++)
        {
            // 3 in 4 are offered nothing, and a tenth of them buy for 20; half of the others buy, for 16 each.
            var (offer, propensity) = i % 4 == 0 ? ("ten", 0.25) : ("none", 0.75);
            var buys = i % 4 == 0 ? i % 8 == 0 : i % 20 is 1 or 2;
            Add(database, i, 1, offer, propensity, isSent: true, buys ? i % 4 == 0 ? 16 : 20 : 0);
        }

        // Not counted: chosen without a draw, or not sent.
        Add(database, 201, 1, "ten", 1, isSent: true, 1000);
        Add(database, 202, 1, "ten", 0.25, isSent: false, 1000);
        // Nor what carts of strangers and bots say.
        Add(database, 204, 1, "ten", 0.25, isSent: true, 1000, standing: 0);
        Add(database, 205, 1, "ten", 0.25, isSent: true, 1000, bot: 2);
        // A step with a single message cannot be evaluated either.
        Add(database, 203, 2, "ten", 0.25, isSent: true, 1000);

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["offpolicy", "--from-outreach", "."]);

        Assert.That((finished.ExitCode, finished.Errors), Is.EqualTo((0, "")), finished.ToString);
        var ten = await EngineBinary.RunAsync(scratch.Folder, ["offpolicy", "--from-outreach", ".", "--policy", "ten"]);
        var unknown = await EngineBinary.RunAsync(scratch.Folder, ["offpolicy", "--from-outreach", ".", "--policy", "twenty"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ten.Output, Does.Contain("always ten").And.Not.Contain("always none"));
            Assert.That((unknown.ExitCode, unknown.Errors), Is.EqualTo((1, "error: no step chose among offers with 'twenty'\n")));
            Assert.That(finished.Output, Does.StartWith("idle, step 1, in store shop, in EUR\n200 choices among 2 actions, 11 features\n"));
            Assert.That(finished.Output, Does.Match(@"(?m)^4\.00000  .* mean +200 +1 +as logged$"));
            Assert.That(finished.Output, Does.Match(@"(?m)^8\.00000  .* SNIPS +50 +4 +always ten$"));
            Assert.That(finished.Output, Does.Match(@"(?m)^2\.66667  .* IPS +150 +1\.33 +always none$"));
            Assert.That(finished.Output, Does.Not.Contain("step 2"));
        }
    }

    static void Add(Database database, int number, int step, string offer, double propensity, bool isSent, int spent, int standing = 2, int bot = 0)
    {
        database.Prepare("""
            INSERT INTO journey(id, store, cart, cart_id, subject, campaign, variant, holdout, state, started_at, turned_at, value, currency, connection, standing, user_standing, bot)
            VALUES(?1, 'shop', x'01', 'c', x'01', 'idle', 'a', 0, 1, 0, 0, 0, 'EUR', 0, ?2, 2, ?3)
            """).With((long)number).With((long)standing).With((long)bot).Run();
        database.Prepare("""
            INSERT INTO intervention(id, journey, store, subject, cart, cart_id, campaign, variant, step, channel, address, offer, context, propensity,
                state, reason, decided_at, due_at, useful_until, sent_at)
            VALUES(?1, ?2, 'shop', x'01', x'01', 'c', 'idle', 'a', ?3, 'email', 1, ?4, ?5, ?6, 2, 0, ?2, 0, 0, ?7)
            """).With(number.ToString(CultureInfo.InvariantCulture)).With((long)number).With((long)step).With(offer).With((long)(number % 6))
            .With((double?)propensity).With(isSent ? 1L : (long?)null).Run();
        // An order reported by a browser does not count.
        foreach (var (id, value, isVerified) in new[] { (number, spent, true), (number + 1000, 500, false) })
        {
            database.Prepare("""
                INSERT INTO conversion(id, store, cart, cart_id, subject, at, value, currency, verified, journey)
                VALUES(?1, 'shop', x'01', 'c', x'01', 1, ?2, 'EUR', ?3, ?4)
                """).With(BitConverter.GetBytes(id)).With(value * Money.PerUnit).With(isVerified).With((long)number).Run();
        }
    }
}
