using CommandLine;

namespace CartRecovery.Host.Commands.Monitoring;

[Verb("top", HelpText = "Watch a running engine: rates, latencies, queues, sinks, lag and stores.")]
sealed class TopOptions : ConfigOptions
{
    [Option("once", HelpText = "Print one frame and exit: rates are those of one interval.")]
    public bool Once { get; set; }

    [Option("interval", MetaValue = "SECONDS", Default = 2.0, HelpText = "Time between frames, 0.1 to 60 seconds.")]
    public double Interval { get; set; }
}
