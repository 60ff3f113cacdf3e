/* libpng and libjpeg behind two calls: setjmp stays on this side. */
#pragma once
