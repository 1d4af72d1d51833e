using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using CartRecovery.Bench.Attack;
using CartRecovery.Bench.Baselines;
using CartRecovery.Bench.Compare;
using CartRecovery.Bench.Control;
using CartRecovery.Bench.Crowd;
using CartRecovery.Bench.Drift;
using CartRecovery.Bench.Echo;
using CartRecovery.Bench.Flags;
using CartRecovery.Bench.Idle;
using CartRecovery.Bench.Learning;
using CartRecovery.Bench.Load;
using CartRecovery.Bench.Outbox;
using CartRecovery.Bench.Proof;
using CartRecovery.Bench.Serving;
using CartRecovery.Bench.Training;

return args switch
{
    ["load", .. var rest] => await LoadCommand.RunAsync(rest),
    ["proof", .. var rest] => await ProofCommand.RunAsync(rest),
    ["compare", .. var rest] => await CompareCommand.RunAsync(rest),
    ["restart", .. var rest] => await RestartCommand.RunAsync(rest),
    ["outbox", .. var rest] => await OutboxCommand.RunAsync(rest),
    ["idle", .. var rest] => await IdleCommand.RunAsync(rest),
    ["revocation", .. var rest] => await RevocationCommand.RunAsync(rest),
    ["login", .. var rest] => await LoginCommand.RunAsync(rest),
    ["erasure", .. var rest] => await ErasureCommand.RunAsync(rest),
    ["flags", .. var rest] => await FlagsCommand.RunAsync(rest),
    ["drift", .. var rest] => await DriftCommand.RunAsync(rest),
    ["train", .. var rest] => TrainCommand.Run(rest),
    ["beside", .. var rest] => await BesideCommand.RunAsync(rest),
    ["learning", .. var rest] => LearningCommand.Run(rest),
    ["crowd", .. var rest] => await CrowdCommand.RunAsync(rest),
    ["attack", .. var rest] => await AttackCommand.RunAsync(rest),
    ["echo", .. var rest] => await EchoCommand.RunAsync(rest),
    ["sink", .. var rest] => await SinkCommand.RunAsync(rest),
    ["plain", .. var rest] => await PlainCommand.RunAsync(rest),
    ["swap", .. var rest] => SwapCommand.Run(rest),
    ["shadows", .. var rest] => ShadowsCommand.Run(rest),
    ["stages", .. var rest] => RunStages(rest),
    _ => Usage(),
};

static int RunStages(string[] args)
{
    // In-process, so that the checked build is measured and no project is generated.
    var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
    BenchmarkSwitcher.FromAssembly(typeof(LoadCommand).Assembly).Run(args, config);
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine("""
        Usage:
          load [options]                  sends real events to a running engine and reports what became of them; load --help says more
          proof [--quick] [--out FILE]    builds everything, measures everything and both baselines, and writes the table: bench/README.md
          compare --before A --after B    two builds under the same load, in turns: the ratios of rates and latencies
          restart --binary FILE           times the start of a killed engine: a million carts, and five million events behind the checkpoint
          outbox --binary FILE            interventions a second through policy, database and webhook to a receiver
              --perRequest N              … that takes N in a request
          idle --binary FILE              opens quiet WebSockets and says what they cost the engine
          revocation --binary FILE        opens streams with an API key, revokes it, and times when the last one is closed
          login --binary FILE             times sign-ins, and requests with an access token
          erasure --binary FILE           forgets one of a million customers while events come in
          flags --binary FILE             evaluations of feature flags a second: in process, and by OFREP over HTTP
          drift --data FOLDER             finds known drifts in published streams, and measures learners that follow drift
          train [--shoppers FILE]         boosted trees against LightGBM, one thread each: AUC, log loss and time
          beside [options]                trains on a million rows beside 50,000 events a second: their p99
          learning --model FILE           a simulated shop with a known truth learns for weeks: from v0 to its own champion, a change, a poisoned candidate
          crowd --binary FILE             thousands of streams: shoppers who send an event a second, or clients that read nothing
          attack --binary FILE            plays every attack of docs/security.md, against an older binary too, with honest traffic beside it
          echo [--port N]                 echoes WebSocket messages on the engine's own protocol, for conformance suites; default port 9001
          sink [--port N] [--raw]         the limit: reads what the engine would, throws it away and acknowledges it; default port 9002
          plain [--port N] [--lazy-acks]  what one would write first: ASP.NET Core, a dictionary, the model once an event; default port 9003
          swap [options]                  exchanges the model a thousand times under full load: failed scores, p99, memory
          shadows [options]               what two shadows, and a canary, cost the hot path
          stages [BenchmarkDotNet args]   times single stages without a socket: stages --list flat, stages --filter '*'
        """);
    return 2;
}
