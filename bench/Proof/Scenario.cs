using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Proof;

/// <summary>The servers under test.</summary>
enum Contender
{
    /// <summary>The upper bound: <see cref="Baselines.SinkServer"/>.</summary>
    Sink,

    /// <summary>A sink without Kestrel and the protocol: <see cref="Baselines.RawSink"/>.</summary>
    RawSink,

    /// <summary>The straightforward <see cref="Baselines.PlainServer"/>, with an acknowledgement per message.</summary>
    Plain,

    /// <summary>The same, with an acknowledgement when no more input is waiting.</summary>
    PlainLazyAcks,

    /// <summary>The native engine as shipped: acknowledges once events are on disk.</summary>
    Engine,

    /// <summary>The engine without its journal.</summary>
    EngineInMemory,
}

/// <summary>A load and the servers it is applied to.</summary>
/// <param name="Format"><see cref="Json"/>or another format of the load generator.</param>
/// <param name="Transport"><see cref="WebSocket"/> or <see cref="Tcp"/>.</param>
/// <param name="Connections">The number of connections.</param>
/// <param name="PerMessage">Events per message.</param>
/// <param name="Scoring">The events that the engine scores, as text.</param>
/// <param name="Config">The corresponding sections of the engine's configuration.</param>
/// <param name="Contenders">The servers under test.</param>
sealed record Scenario(
    string Format, string Transport, int Connections, int PerMessage, string Scoring, string[] Config, Contender[] Contenders)
{
    public const string Json = "json";
    public const string MessagePack = "msgpack";
    public const string WebSocket = "WebSocket";
    public const string Tcp = "TCP";
    public const string EveryEvent = "every event";
    public const string ChangedCarts = "changed carts";

    /// <summary>All full-rate measurements, in order.</summary>
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

    /// <summary>Returns the load generator's options.</summary>
    /// <param name="server">The server under test.</param>
    /// <param name="seconds">The duration.</param>
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
