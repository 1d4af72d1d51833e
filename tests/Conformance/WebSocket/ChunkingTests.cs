using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Conformance.WebSocket;

/// <summary>Section 10 and beyond: results are independent of how the network splits the bytes.</summary>
[TestFixture]
public sealed class ChunkingTests
{
    [FsCheck.NUnit.Property(MaxTest = 300)]
    public Property Results_are_independent_of_how_the_bytes_are_split() => Prop.ForAll(
        Frames().ToArbitrary(), Gen.Choose(1, 40).ListOf(20).ToArbitrary(),
        (frames, steps) =>
        {
            var bytes = ClientFrame.Join(frames);
            var whole = Hold(bytes, [bytes.Length]);
            Assert.That(Hold(bytes, [.. steps]), Is.EqualTo(whole));
            Assert.That(Hold(bytes, [1]), Is.EqualTo(whole));
        });

    static string Hold(byte[] bytes, int[] steps)
    {
        var talk = new Conversation(maxMessage: 300);
        for (int at = 0, i = 0; at < bytes.Length; i++)
        {
            var next = Math.Min(bytes.Length, at + Math.Max(1, steps[i % steps.Length]));
            talk.Feed(bytes[at..next]);
            at = next;
        }

        var story = new StringBuilder();
        foreach (var message in talk.Messages)
        {
            story.Append($"{message.Opcode} {Convert.ToHexString(message.Payload)}\n");
        }

        foreach (var answer in talk.EndAsync().GetAwaiter().GetResult())
        {
            story.Append($"{answer.Opcode} {Convert.ToHexString(answer.Payload)}\n");
        }

        return story.Append($"{talk.IsClosed} {talk.Invalid} {talk.TooLong}").ToString();
    }

    // Mostly valid frames in any order, with occasional invalid ones.
    static Gen<byte[][]> Frames()
    {
        var text = Gen.Elements("", "a", "{\"id\":1}", "κόσμε", "𝄞", new string('x', 126), new string('y', 299), new string('z', 301));
        var bytes = text.Select(Encoding.UTF8.GetBytes);
        var cut = from t in bytes from at in Gen.Choose(0, 400) select t[..Math.Min(at, t.Length)];
        var mask = Gen.Choose(int.MinValue, int.MaxValue).Select(m => (uint?)m);
        var valid = Gen.Frequency(
            (6, from t in bytes from m in mask select ClientFrame.Of(1, t, mask: m)),
            (3, from t in bytes from m in mask select ClientFrame.Of(2, t, mask: m)),
            (4, from t in bytes
                from at in Gen.Choose(0, 400)
                let first = Math.Min(at, t.Length)
                from opcode in Gen.Choose(1, 2)
                from ping in Gen.Elements([], ClientFrame.Ping("between"))
                select ClientFrame.Join(ClientFrame.Of(opcode, t[..first], fin: false), ping, ClientFrame.Continue(t[first..], fin: true))),
            (2, Gen.Elements(ClientFrame.Ping(), ClientFrame.Ping("ping"), ClientFrame.Pong("pong"))));
        var odd = Gen.Frequency(
            (3, cut.Select(t => ClientFrame.Text(t))),
            (1, Gen.Elements(ClientFrame.Close(1000, "bye"), ClientFrame.Close(1005), ClientFrame.Of(1, [], reserved: 4), ClientFrame.Of(3, [1]),
                ClientFrame.Continue("lost", fin: true), ClientFrame.Of(1, "open"u8, mask: null), ClientFrame.Text([0xff, 0x61]))));
        // Few enough that every ping is answered, however few reads they come in.
        return Gen.Frequency((12, valid), (1, odd)).ArrayOf().Select(frames => frames[..Math.Min(frames.Length, 60)]);
    }
}
