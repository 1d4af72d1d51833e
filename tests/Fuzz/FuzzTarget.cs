using System.Text;

namespace CartRecovery.Fuzz;

/// <summary>Code that parses a client's bytes.</summary>
/// <param name="Run">Parses an input. Throws if the code breaks a promise.</param>
/// <param name="Seeds">Returns valid inputs to begin with.</param>
sealed record FuzzTarget(Action<byte[]> Run, Func<IReadOnlyList<byte[]>> Seeds)
{
    /// <summary>The targets, by name. To list them runs no code of the engine, which is instrumented and needs the fuzzer.</summary>
    public static IReadOnlyDictionary<string, FuzzTarget> All { get; } = new Dictionary<string, FuzzTarget>(StringComparer.Ordinal)
    {
        ["json"] = new(DecoderTargets.Json, () => [.. DecoderTargets.Events.Select(Encoding.UTF8.GetBytes)]),
        ["messagepack"] = new(DecoderTargets.MessagePack, () => [.. DecoderTargets.Events.Select(DecoderTargets.ToMessagePack)]),
        ["websocket"] = new(WebSocketTarget.Run, () => WebSocketTarget.Seeds),
    };

    /// <summary>Throws if a promise is broken.</summary>
    /// <param name="holds">Whether it is kept.</param>
    /// <param name="promise">The promise.</param>
    public static void Check(bool holds, string promise)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"broken: {promise}");
        }
    }
}
