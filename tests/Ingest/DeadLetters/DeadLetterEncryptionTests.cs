using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Tests.Encryption;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.DeadLetters;

[TestFixture]
public sealed class DeadLetterEncryptionTests : EncryptionFixture
{
    const string Mail = "anna.thief@example.com";

    string Folder => Scratch.PathOf("deadletters");

    [Test]
    public void A_letter_is_unreadable_without_keys_and_whole_with_them()
    {
        using (var store = Open(Keys))
        {
            store.Append([DeadLetterSamples.Of($$"""{"email":"{{Mail}}"}"""), DeadLetterSamples.Of([0xff, 0x00])]);
        }

        Assert.That(TestKeys.Found(Scratch.Folder, [Mail]), Is.Empty);
        Assert.That(DeadLetterFiles.Read(Folder, keys: Keys).Select(l => l.Event), Is.EqualTo(new[] { System.Text.Encoding.UTF8.GetBytes($$"""{"email":"{{Mail}}"}"""), [0xff, 0x00] }));
        Assert.That(DeadLetterFiles.Read(Folder).Select(l => (l.Id, l.IsLocked, l.Event.Length, l.Code)), Is.EqualTo(new[] { (1L, true, 0, DeadLetterSamples.Of("").Code), (2L, true, 0, DeadLetterSamples.Of("").Code) }));
        using var again = Open(Keys);
        Assert.That(again.Find(1)!.TextOf(), Does.Contain(Mail));
    }

    [Test]
    public void Letters_of_an_earlier_version_are_encrypted_and_keep_their_numbers()
    {
        using (var before = Open(keys: null))
        {
            before.Append([DeadLetterSamples.Of(Mail), DeadLetterSamples.Of("two")]);
            before.Mark([(1, "e1")], DeadLetterState.Replayed);
        }

        var segment = DeadLetterFiles.Segments(Folder).Single().Path;
        File.AppendAllText(segment, $"damaged {Mail}\n");

        using var store = Open(Keys);
        Assert.That(TestKeys.Found(Scratch.Folder, [Mail]), Is.Empty);
        store.Append([DeadLetterSamples.Of("four")]);
        Assert.That(store.Read().Select(l => (l.Id, l.TextOf(), l.Mark.EventId)), Is.EqualTo(new[] { (1L, Mail, "e1"), (2L, "two", null), (4L, "four", null) }));
    }

    [Test]
    public void An_upgrade_that_was_interrupted_goes_on()
    {
        using (var before = Open(keys: null))
        {
            before.Append([DeadLetterSamples.Of(Mail)]);
        }

        using (var half = Open(Keys))
        {
            half.Append([DeadLetterSamples.Of("two")]);
        }

        File.Delete(Path.Combine(Folder, "encrypted"));
        using var store = Open(Keys);
        Assert.That(store.Read().Select(l => l.TextOf()), Is.EqualTo(new[] { Mail, "two" }));
    }

    DeadLetterStore Open(KeyVault? keys) => new(Folder, DeadLetterSamples.Bounds, new ManualTime(EventReading.Now), keys);
}
