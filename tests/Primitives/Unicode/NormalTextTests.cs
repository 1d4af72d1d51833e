using CartRecovery.Primitives.Unicode;

namespace CartRecovery.Tests.Primitives.Unicode;

/// <summary>The forms NFKC and NFKD. The values are those of Python's unicodedata.</summary>
[TestFixture]
sealed class NormalTextTests
{
    [TestCase("jo+a@shop.example", "jo+a@shop.example")]
    [TestCase("u\u0308", "\u00fc")]
    [TestCase("e\u0323\u0302", "\u1ec7", Description = "two marks")]
    [TestCase("e\u0302\u0323", "\u1ec7", Description = "in the other order")]
    [TestCase("\u00ea\u0323", "\u1ec7", Description = "one of them within the letter")]
    [TestCase("a\u0301\u0301", "\u00e1\u0301", Description = "a mark twice")]
    [TestCase("A\u0327\u030a", "\u00c5\u0327", Description = "over a mark of another class")]
    [TestCase("\u212b\u2126", "\u00c5\u03a9", Description = "signs that are letters")]
    [TestCase("\u1112\u1161\u11ab\u1100\u116e\u11a8", "\ud55c\uad6d", Description = "Hangul")]
    [TestCase("\uff2a\uff4f\uff20", "Jo@", Description = "another width")]
    [TestCase("\ufb01", "fi")]
    [TestCase("\ud835\udc00", "A", Description = "another style, beyond the first 65,536")]
    [TestCase("\u304b\u3099", "\u304c")]
    [TestCase("\u0958", "\u0915\u093c", Description = "never composed")]
    [TestCase("\u1e9b\u0323", "\u1e69")]
    [TestCase("\u0344", "\u0308\u0301", Description = "a mark of two")]
    [TestCase("\u09c7\u09be", "\u09cb")]
    [TestCase("", "")]
    public void Letters_are_composed(string text, string composed)
    {
        Assert.That(NormalText.Compose(text), Is.EqualTo(composed));
        Assert.That(NormalText.Compose(NormalText.Decompose(text)), Is.EqualTo(composed));
        Assert.That(NormalText.Compose(composed), Is.EqualTo(composed));
    }

    [TestCase("\u1ec7", "e\u0323\u0302")]
    [TestCase("\ud55c\uac00", "\u1112\u1161\u11ab\u1100\u1161")]
    [TestCase("\u2155", "1\u20445")]
    public void Letters_are_taken_apart(string text, string parts) => Assert.That(NormalText.Decompose(text), Is.EqualTo(parts));

    [Test]
    public void Half_a_character_is_none() => Assert.That(NormalText.Compose("\u00fc\ud835"), Is.EqualTo("\u00fc\ufffd"));
}
