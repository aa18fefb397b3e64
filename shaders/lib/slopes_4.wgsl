//! @include lib/slopes_1.wgsl
