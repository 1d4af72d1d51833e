using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.State;
using CartRecovery.Host.Models;
using CartRecovery.Tests.Models;
using CartRecovery.Tests.Scoring;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Models;

public sealed class ConfiguredModelsTests
{
    Scratch _scratch = null!;
    ModelRegistry _registry = null!;

    [SetUp]
    public void Open()
    {
        _scratch = new Scratch();
        _registry = new ModelRegistry(_scratch.PathOf("data/models"), FeatureTable.Names, TimeProvider.System);
    }

    [TearDown]
    public void Close() => _scratch.Dispose();

    [Test]
    public void A_recorded_version_is_loaded_once_from_the_registry()
    {
        var version = _registry.Add(new NewModel(RegistryModels.Linear(1)), "cli").Version;
        using var models = Load();
        var found = models.Find(version.Id);
        Assert.That(found?.Model.Id, Is.EqualTo(version.Id));
        Assert.That(models.Missing, Is.Empty);
        Assert.That(models.Find(version.Id), Is.SameAs(found));
    }

    [Test]
    public void A_version_of_the_configuration_file_is_found_by_the_name_that_it_declares()
    {
        _registry.Add(new NewModel(RegistryModels.Linear(1)) { Source = ModelManifest.ConfiguredSource }, "engine");
        using var models = Load();
        Assert.That(models.Find("purchase@2")?.Id, Is.EqualTo("purchase@2"));
    }

    [TestCase("purchase@000000000000")]
    [TestCase("other@1")]
    [TestCase("nothing")]
    public void A_version_that_the_registry_does_not_have_is_missing(string id)
    {
        _registry.Add(new NewModel(RegistryModels.Linear(1)), "cli");
        using var models = Load();
        Assert.That(models.Find(id), Is.Null);
        Assert.That(models.Missing, Is.EqualTo(new[] { id }));
    }

    [Test]
    public void A_damaged_version_is_missing()
    {
        var version = _registry.Add(new NewModel(RegistryModels.Linear(1)), "cli").Version;
        File.WriteAllBytes(version.ModelPath, RegistryModels.Linear(2));
        using var models = Load();
        Assert.That(models.Find(version.Id), Is.Null);
        Assert.That(models.Missing, Has.Count.EqualTo(1));
    }

    ConfiguredModels Load() => ConfiguredModels.Load(new CartRecoveryConfig { Data = _scratch.PathOf("data") }, TestModels.Write(TestModels.Constant(0.5f, "given")));
}
