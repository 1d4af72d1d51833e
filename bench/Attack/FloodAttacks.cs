using System.Globalization;
using CartRecovery.Bench.Crowd;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Attack;

/// <summary>Many clients that read nothing, or say nothing, for as long as the others are watched.</summary>
static class FloodAttacks
{
    const int Readers = 6_000;
    const int Silent = 10_400;

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<AttackPlan> Plans { get; } =
    [
        new("rejected events, nothing read", RejectedAsync) { Reported = "/health, posts and new streams held for 80 s after the last client had gone; 3.1 GB of 2.3 planned" },
        new("silent sockets", SilentAsync) { Reported = "everybody kept out until the handshake's deadline" },
    ];

    static async Task<string> RejectedAsync(AttackedEngine engine, Task watched)
    {
        using var crowd = new Crowd.ClientCrowd(Target.Tcp(engine.Process.Tcp, AttackPlan.Publishable), Readers);
        crowd.Begin(CrowdBehaviour.Kinds["refusals"](Readers));
        await watched;
        return string.Create(CultureInfo.InvariantCulture, $"{crowd.SentBytes / 1e6:N0} MB taken of {Readers:N0} clients, {crowd.Ended:N0} of them closed");
    }

    static async Task<string> SilentAsync(AttackedEngine engine, Task watched)
    {
        using var crowd = new SilentCrowd(Silent, engine.Process.StreamPort, engine.Process.HttpPort);
        await watched;
        return string.Create(CultureInfo.InvariantCulture, $"{Silent:N0} sockets at a time, {crowd.Opened:N0} opened");
    }
}
