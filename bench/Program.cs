using BenchmarkDotNet.Running;
using CartRecovery.Bench.Load;

return args switch
{
    ["load", .. var rest] => await LoadCommand.RunAsync(rest),
    ["stages", .. var rest] => RunStages(rest),
    _ => Usage(),
};

static int RunStages(string[] args)
{
    BenchmarkSwitcher.FromAssembly(typeof(LoadCommand).Assembly).Run(args);
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine("""
        Usage:
          load [options]                  sends real events to a running engine and reports what became of them; load --help says more
          stages [BenchmarkDotNet args]   times single stages without a socket: stages --list flat, stages --filter '*'
        """);
    return 2;
}
