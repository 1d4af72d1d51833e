using CartRecovery.Host.Api.Insights;

namespace CartRecovery.Tests.Hosting.Learning;

public sealed class DriftReferenceTests
{
    [TestCase("purchase@1", "purchase@aaa", "purchase@1", "purchase@aaa", true)]
    [TestCase("purchase@1", "purchase@aaa", "purchase@1", "purchase@bbb", false)]
    [TestCase("purchase@1", null, "purchase@1", "purchase@bbb", true)]
    [TestCase("purchase@1", "purchase@aaa", "purchase@1", null, true)]
    [TestCase("purchase@1", null, "purchase@2", null, false)]
    public void A_reference_is_of_one_file_though_another_declares_the_same_version(string model, string? version, string other, string? otherVersion, bool isSame) =>
        Assert.That(new DriftReference(default, model, [], version).IsOf(other, otherVersion), Is.EqualTo(isSame));
}
