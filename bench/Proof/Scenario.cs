using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Proof;

/// <summary>Who is put under a load.</summary>
enum Contender
{
    /// <summary>The limit: <see cref="Baselines.SinkServer"/>.</summary>
    Sink,

    /// <summary>A sink without Kestrel and protocol: <see cref="Baselines.RawSink"/>.</summary>
    RawSink,

    /// <summary>What one would write first: <see cref="Baselines.PlainServer"/>, an acknowledgement a message.</summary>
    Plain,

    /// <summary>The same, with an acknowledgement when nothing more has come.</summary>
    PlainLazyAcks,

    /// <summary>The engine, native, as shipped: acknowledged when it is on the disk.</summary>
    Engine,

    /// <summary>The engine without its journal.</summary>
    EngineInMemory,
}

/// <summary>A load, and who is put under it.</summary>
/// <param name="Format"><see cref="Json"/>, or what else the load generator speaks.</param>
/// <param name="Transport"><see cref="WebSocket"/> or <see cref="Tcp"/>.</param>
/// <param name="Connections">How many.</param>
/// <param name="PerMessage">Events in a message.</param>
/// <param name="Scoring">What the engine scores, in words.</param>
/// <param name="Config">Sections of the engine's configuration that make it so.</param>
/// <param name="Contenders">Who.</param>
sealed record Scenario(
    string Format, string Transport, int Connections, int PerMessage, string Scoring, string[] Config, Contender[] Contenders)
{
    public const string Json = "json";
    public const string MessagePack = "msgpack";
    public const string WebSocket = "WebSocket";
    public const string Tcp = "TCP";
    public const string EveryEvent = "every event";
    public const string ChangedCarts = "changed carts";

    /// <summary>Everything that is measured flat out, in this order.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new(Json, WebSocket, 8, 1, EveryEvent, [],
            [Contender.Sink, Contender.RawSink, Contender.Plain, Contender.PlainLazyAcks, Contender.Engine, Contender.EngineInMemory]),
        new(Json, WebSocket, 8, 1, ChangedCarts, ["  events: cart"], [Contender.Sink, Contender.Plain, Contender.Engine]),
        new(Json, WebSocket, 64, 1, EveryEvent, [], [Contender.Sink, Contender.Plain, Contender.Engine]),
        new(Json, WebSocket, 8, 100, EveryEvent, [], [Contender.Sink, Contender.Engine, Contender.EngineInMemory]),
        new(Json, Tcp, 8, 1, EveryEvent, [], [Contender.Sink, Contender.Engine]),
        new(MessagePack, WebSocket, 8, 1, EveryEvent, [], [Contender.Sink, Contender.Engine]),
        new(MessagePack, Tcp, 8, 100, EveryEvent, [],
            [Contender.Sink, Contender.Engine, Contender.EngineInMemory]),
    ];

    /// <summary>The load generator's options for it.</summary>
    /// <param name="server">Who is put under it.</param>
    /// <param name="seconds">For how long.</param>
    public LoadOptions Options(Server server, double seconds) => new()
    {
        Url = server.Url,
        Tcp = Transport == Tcp ? new Uri(server.Url).Authority : null,
        Metrics = server.Metrics,
        Format = Format,
        Connections = Connections,
        PerMessage = PerMessage,
        Rate = 0,
        Duration = FormattableString.Invariant($"{seconds:F1}s"),
    };
}
