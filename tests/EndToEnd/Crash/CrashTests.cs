using System.Globalization;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>
/// Checks the journal's guarantee on the real process: an acknowledged event survives SIGKILL at any moment and counts once, and each
/// intervention reaches the shop under one key.
/// </summary>
[TestFixture]
[Category("EndToEnd")]
[Category("Crash")]
[Parallelizable]
public sealed class CrashTests
{
    const string Rounds = "CARTRECOVERY_CRASH_ROUNDS", Seed = "CARTRECOVERY_CRASH_SEED";

    [Test]
    public async Task Every_acknowledged_event_survives_SIGKILL_exactly_once()
    {
        var rounds = Setting(Rounds) ?? 15;
        var seed = Setting(Seed) ?? (int)(TimeProvider.System.GetTimestamp() & int.MaxValue);
        TestContext.Progress.WriteLine($"Crash test: {rounds} rounds, {Seed}={seed}");
        var random = new Random(seed);
        using var scratch = new Scratch();
        await using var recorder = await WebhookRecorder.StartAsync(random.Next());
        var run = new CrashRun(scratch, recorder, random);
        var stage = "";
        try
        {
            for (var round = 1; round <= rounds; round++)
            {
                var moment = CrashMoment.Choose(random, round);
                stage = $"round {round}, {moment}";
                HangGuardAttribute.ReportProgress();
                await run.LiveAsync(moment);
                if (round % 50 == 0)
                {
                    TestContext.Progress.WriteLine($"Round {round}: {run.Summary()}");
                }
            }

            stage = "the end";
            await run.FinishAsync();
        }
        catch
        {
            scratch.Keep();
            TestContext.Out.WriteLine($"Seed {seed}, {stage}. The data folder is kept: {scratch.Folder}\n{run.Summary()}\nThe life before: {run.LastEnd}");
            throw;
        }

        TestContext.Progress.WriteLine(run.Summary());
    }

    static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
