using System.Security.Cryptography;
using System.Text;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Crowd;

/// <summary>What every client of a crowd sends, over and over, as fast as the engine takes it. None reads an answer.</summary>
/// <param name="Framed">Whether it is over WebSocket instead of lines.</param>
/// <param name="Next">The client's next bytes, by its number.</param>
sealed record CrowdBehaviour(bool Framed, Func<int, ReadOnlyMemory<byte>> Next)
{
    const int Block = 16 * 1024;
    const int Refusals = 2_500;
    const int MessageOfMany = 64 * 1024;

    /// <summary>The kinds, by name.</summary>
    public static IReadOnlyDictionary<string, Func<int, CrowdBehaviour>> Kinds { get; } = new Dictionary<string, Func<int, CrowdBehaviour>>(StringComparer.Ordinal)
    {
        ["events"] = Events,
        ["unfinished"] = _ => Unfinished(),
        ["pings"] = _ => Pings(),
        ["refusals"] = _ => Repeated(framed: false, Encoding.ASCII.GetBytes($"[{string.Join(',', Enumerable.Repeat('0', Refusals))}]\n")),
    };

    // Valid events, each with its own id.
    static CrowdBehaviour Events(int clients)
    {
        var mix = EventMix.Load(path: null, EventFormat.Json);
        var run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var composers = new EventComposer?[clients];
        return new CrowdBehaviour(Framed: false, number =>
        {
            var composer = composers[number] ??= new EventComposer(mix, framed: false, perMessage: 1, run, number, clients, carts: 100_000);
            var block = new byte[Block];
            return block.AsMemory(0, composer.Compose(block, int.MaxValue, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), out _));
        });
    }

    // The beginning of a message, then nothing.
    static CrowdBehaviour Unfinished()
    {
        var begun = new HashSet<int>();
        var bytes = Encoding.ASCII.GetBytes($"[\"{new string('x', MessageOfMany)}");
        return new CrowdBehaviour(Framed: false, number =>
        {
            lock (begun)
            {
                return begun.Add(number) ? bytes : default;
            }
        });
    }

    static CrowdBehaviour Pings()
    {
        var payload = new byte[125];
        var frame = new byte[Frames.MaxHeaderLength + payload.Length];
        var head = Frames.WriteHeader(frame, Frames.Ping, payload.Length, mask: 0);
        payload.CopyTo(frame, head);
        return Repeated(framed: true, [.. Enumerable.Repeat(frame[..(head + payload.Length)], 100).SelectMany(bytes => bytes)]);
    }

    static CrowdBehaviour Repeated(bool framed, byte[] bytes) => new(framed, _ => bytes);
}
