using CommandLine;

namespace CartRecovery.Host.Commands.Serving;

[Verb("demo", HelpText = "Watch the engine work on a real shop's night. Needs no setup.")]
sealed class DemoOptions : ConfigOptions
{
    [Option("seconds", Default = 20, MetaValue = "N", HelpText = "The length of the demo in seconds, 1 to 3600.")]
    public int Seconds { get; set; }

    [Option("events", MetaValue = "FILE", HelpText = "A log in REES46 format, .csv or .csv.gz. Default: the shipped one.")]
    public string? Events { get; set; }

    [Option("port", MetaValue = "PORT", HelpText = "The HTTP port; 0 takes a free one. Default: the configuration's.")]
    public int? Port { get; set; }

    [Option("stream-port", MetaValue = "PORT", HelpText = "The stream port. Default: with --port, the port after it, or a free one with --port 0.")]
    public int? StreamPort { get; set; }

    [Option("keep", HelpText = "Keep the engine running afterwards, with a shop at /shop.")]
    public bool Keep { get; set; }
}
