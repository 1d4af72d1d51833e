using System.Runtime.InteropServices;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Tests.Scoring.Onnx;

public sealed class OnnxRuntimeTests
{
    [Test]
    public void The_library_lies_beside_the_binary_unless_another_is_named()
    {
        Assert.That(OnnxRuntime.Locate(null, "/opt/cr"), Is.EqualTo("/opt/cr/libonnxruntime.so.1"));
        Assert.That(OnnxRuntime.Locate(" ", "/opt/cr"), Is.EqualTo("/opt/cr/libonnxruntime.so.1"));
        Assert.That(OnnxRuntime.Locate("/usr/lib/ort.so", "/opt/cr"), Is.EqualTo("/usr/lib/ort.so"));
    }

    [Test]
    public void The_build_puts_the_library_beside_the_binary()
        => Assert.That(OnnxRuntime.Load(OnnxRuntime.Locate(null, AppContext.BaseDirectory)).Version, Is.EqualTo("1.30.0"));

    [Test]
    public void A_named_library_that_is_not_there_is_not_replaced_by_another()
    {
        var e = Assert.Throws<ModelException>(() => OnnxRuntime.Load(OnnxRuntime.Locate("/nowhere/libonnxruntime.so.1", AppContext.BaseDirectory)));
        Assert.That(e!.Code, Is.EqualTo(ModelException.NativeLibraryMissing));
        Assert.That(e.Message, Does.Contain("/nowhere/libonnxruntime.so.1").And.Contain(OnnxRuntime.PathVariable));
    }

    [Test]
    public void A_file_that_is_no_library_is_refused()
    {
        var path = TestModels.Write("not a library"u8.ToArray());
        var e = Assert.Throws<ModelException>(() => OnnxRuntime.Load(path));
        Assert.That(e!.Code, Is.EqualTo(ModelException.NativeLibraryMissing));
        Assert.That(e.Message, Does.Contain("cannot be loaded"));
    }

    [Test]
    public void Another_library_is_refused()
    {
        var path = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "libSystem.Native.so");
        var e = Assert.Throws<ModelException>(() => OnnxRuntime.Load(path));
        Assert.That(e!.Code, Is.EqualTo(ModelException.NativeLibraryMissing));
        Assert.That(e.Message, Does.Contain("not ONNX Runtime"));
    }
}
